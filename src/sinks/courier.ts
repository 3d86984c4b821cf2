/** What is sent: one body, or several messages. */
export interface Parcel {
  readonly contentType: string;
  readonly parts: readonly Uint8Array[];
}

/** Somebody beyond this host who is sent what was rendered. */
export interface Courier {
  /** The receiver as it may be shown: without passwords and tokens. */
  readonly shown: string;
  /** What tells this receiver from others, with everything secret in it. */
  readonly address: string;
  /** Sends all of it before the deadline (milliseconds of the clock). @throws Undelivered */
  readonly send: (parcel: Parcel, deadline: number) => Promise<void>;
}

/** A receiver did not take what it was sent. */
export class Undelivered extends Error {
  /** True: it looked at the parcel and will never take it, so keeping it is of no use. */
  readonly forGood: boolean;
  readonly shown: string;
  readonly why: string;
  constructor(shown: string, why: string, forGood = false) {
    super(`${shown}: ${why}`);
    this.name = 'Undelivered';
    this.shown = shown;
    this.why = why;
    this.forGood = forGood;
  }
}

/** What a certificate of an authority that this host does not know is refused with (OpenSSL's names, as Node gives them). */
const UNKNOWN_AUTHORITY = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET|VERIFY)_.*)$/;

/** Why a connection failed, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = message !== '' ? message : (code ?? 'no connection');
  return UNKNOWN_AUTHORITY.test(code ?? '')
    ? `${why}; an authority of your own is named by NODE_EXTRA_CA_CERTS=FILE in the environment`
    : why;
}

/** Resolves after the time; nothing else waits for it. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
