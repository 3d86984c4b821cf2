import { createHash } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Courier, type Parcel, pause, reasonOf, Undelivered } from './courier.js';

/** One attempt, from the first look-up of the name to the last byte of the answer. */
const ATTEMPT_MS = 10_000;
const ATTEMPTS = 3;
const BACKOFF_MS = [1000, 3000] as const;
/** The longest Retry-After that is waited for. */
const RETRY_AFTER_MAX_MS = 10_000;
const REDIRECTS_MAX = 3;

/** What a receiver says of the parcel itself: it will not take it tomorrow either (RFC 9110). */
const REFUSED_FOR_GOOD: readonly number[] = [400, 405, 406, 411, 413, 414, 415, 422];
/** Worth another attempt at once. */
const TRY_AGAIN: readonly number[] = [408, 425, 429];

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly retryAfterMs: number | null;
}

/** An address without its secrets: user, password, query. */
const shownOf = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;

/** What percent signs stand for; one that stands for nothing is itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function headersOf(url: URL, body: Uint8Array, contentType: string, token: string | null): Record<string, string> {
  const basic = url.username === '' ? null : `${decoded(url.username)}:${decoded(url.password)}`;
  const authorization =
    token !== null ? `Bearer ${token}` : basic !== null ? `Basic ${Buffer.from(basic).toString('base64')}` : null;
  return {
    'content-type': contentType,
    'content-length': String(body.length),
    'user-agent': 'earshot',
    // A receiver that answered too late may get the same report again, and can tell by this.
    'idempotency-key': createHash('sha256').update(body).digest('hex').slice(0, 32),
    ...(authorization === null ? {} : { authorization }),
  };
}

function retryAfter(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}

/** One POST; rejects where no answer came in time. The answer's body is not read. */
function post(url: URL, body: Uint8Array, headers: Record<string, string>, ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(
      {
        method: 'POST',
        protocol: url.protocol,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        headers,
        agent: false,
      },
      (response) => {
        clearTimeout(timer);
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? null,
          retryAfterMs: retryAfter(response.headers['retry-after']),
        });
        response.destroy();
      },
    );
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${Math.ceil(ms / 1000)} s`)), ms);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}

/** Where a redirect leads. Only 307 and 308 keep the method (RFC 9110); anything else would turn a report into a GET. */
function redirected(from: URL, answer: Answer, seen: ReadonlySet<string>): URL {
  const shown = shownOf(from);
  const to =
    answer.location === null || !URL.canParse(answer.location, from.href) ? null : new URL(answer.location, from.href);
  if (to === null) throw new Undelivered(shown, `answered ${answer.status} and names no place to go`);
  if (answer.status !== 307 && answer.status !== 308)
    throw new Undelivered(shown, `answered ${answer.status} and points to ${shownOf(to)}; name that address instead`);
  if (!['http:', 'https:'].includes(to.protocol) || (from.protocol === 'https:' && to.protocol !== 'https:'))
    throw new Undelivered(shown, `redirects to ${to.protocol}, which would leave TLS`);
  if (seen.has(to.href)) throw new Undelivered(shown, 'redirects in a circle');
  if (seen.size > REDIRECTS_MAX) throw new Undelivered(shown, `redirects more than ${REDIRECTS_MAX} times`);
  return to;
}

/** Follows redirects to the first answer that is none. A token goes to no other origin than the one it was given for. */
async function postAndFollow(start: URL, parcel: Parcel, token: string | null, deadline: number): Promise<Answer> {
  const body = parcel.parts[0] ?? new Uint8Array();
  const seen = new Set([start.href]);
  let url = start;
  for (;;) {
    const home = url.origin === start.origin;
    const target = new URL(url.href);
    if (home && target.username === '') {
      target.username = start.username;
      target.password = start.password;
    }
    const headers = headersOf(target, body, parcel.contentType, home ? token : null);
    const answer = await post(target, body, headers, Math.max(1, Math.min(ATTEMPT_MS, deadline - Date.now())));
    if (answer.status < 300 || answer.status >= 400) return answer;
    url = redirected(url, answer, seen);
    seen.add(url.href);
  }
}

/** True: taken. Else why not, and how long to wait before another attempt; null: another attempt is of no use. */
async function attempt(
  url: URL,
  parcel: Parcel,
  token: string | null,
  deadline: number,
): Promise<true | { readonly why: string; readonly waitMs: number | null }> {
  let answer: Answer;
  try {
    answer = await postAndFollow(url, parcel, token, deadline);
  } catch (error) {
    if (error instanceof Undelivered) throw error;
    return { why: reasonOf(error), waitMs: 0 };
  }
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return true;
  if (REFUSED_FOR_GOOD.includes(status)) throw new Undelivered(shownOf(url), `refused it with ${status}`, true);
  const again = status >= 500 || TRY_AGAIN.includes(status);
  return { why: `answered ${status}`, waitMs: again ? (retryAfterMs ?? 0) : null };
}

/** A receiver of POST requests. `token` goes with each as `Authorization: Bearer`. */
export function webhook(url: URL, token: string | null): Courier {
  const shown = shownOf(url);
  return {
    shown,
    address: url.href,
    send: async (parcel, deadline) => {
      for (let tried = 1; ; tried++) {
        const taken = await attempt(url, parcel, token, deadline);
        if (taken === true) return;
        const wait = Math.max(taken.waitMs ?? 0, BACKOFF_MS[tried - 1] ?? 0);
        const over = taken.waitMs === null || taken.waitMs > RETRY_AFTER_MAX_MS || Date.now() + wait >= deadline;
        if (over || tried >= ATTEMPTS)
          throw new Undelivered(shown, `${taken.why}${tried > 1 ? `, ${tried} times` : ''}`);
        await pause(wait);
      }
    },
  };
}
