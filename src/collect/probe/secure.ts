import type { Socket } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { fact } from './said.js';

/** A TLS session, or why there is none. */
export type Secured =
  | { readonly ok: true; readonly stream: TLSSocket; readonly facts: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: string };

/** Nothing secret is said, and who answers is known: certificates are looked at, not trusted. */
const OPTIONS = { rejectUnauthorized: false, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

const nameOf = (of: PeerCertificate['subject'] | undefined): string => {
  const name = of?.CN ?? of?.O ?? '';
  return fact(Array.isArray(name) ? name.join(' ') : String(name));
};

function certificateFacts(certificate: PeerCertificate | null): Readonly<Record<string, string>> {
  if (certificate === null || typeof certificate.valid_to !== 'string') return {};
  const expires = new Date(certificate.valid_to);
  const facts: Record<string, string> = {
    'tls.subject': nameOf(certificate.subject),
    'tls.issuer': nameOf(certificate.issuer),
  };
  if (!Number.isNaN(expires.getTime())) facts['tls.expires'] = expires.toISOString().replace('.000Z', 'Z');
  if (certificate.subjectaltname !== undefined) facts['tls.names'] = fact(certificate.subjectaltname);
  if (certificate.fingerprint256 !== undefined) facts['tls.fingerprint'] = certificate.fingerprint256;
  return facts;
}

/** Begins TLS on a connected socket. `old`: only TLS 1.0 and 1.1 are offered. Never throws. */
export function secured(socket: Socket, waitMs: number, signal: AbortSignal, old = false): Promise<Secured> {
  return new Promise((resolve) => {
    const stream = connect({ ...OPTIONS, socket, ...(old ? { maxVersion: 'TLSv1.1' } : {}) });
    let settled = false;
    const done = (result: Secured): void => {
      clearTimeout(timer);
      if (settled) return;
      settled = true;
      // Events come while OpenSSL reads: a stream that is destroyed before it is done leaves it reading freed memory.
      setImmediate(() => {
        if (!result.ok) stream.destroy();
        resolve(result);
      });
    };
    const timer = setTimeout(() => done({ ok: false, why: 'TLS was not answered' }), waitMs);
    stream.on('error', (error: Error & { code?: string }) => {
      done({ ok: false, why: `no TLS: ${fact(error.code ?? error.message)}` });
    });
    stream.once('close', () => done({ ok: false, why: 'no TLS: the connection was closed' }));
    signal.addEventListener('abort', () => done({ ok: false, why: 'no TLS in the time there is' }), { once: true });
    stream.once('secureConnect', () => {
      const facts = {
        encryption: 'tls',
        'tls.version': stream.getProtocol() ?? 'unknown',
        ...certificateFacts(stream.getPeerCertificate()),
      };
      done({ ok: true, stream, facts });
    });
  });
}
