import type { Banner, Said } from '../said.js';
import { fact } from '../said.js';

/** Programs that name themselves in a greeting. */
const PRODUCTS =
  /\b(vsFTPd|ProFTPD|Pure-FTPd|FileZilla Server|pyftpdlib|Postfix|Exim|Sendmail|OpenSMTPD|Dovecot|Cyrus IMAP|Courier-IMAP|Haraka|MailHog|Microsoft ESMTP|bftpd|inetutils|GNU|INN|UW IMAP)\b[ /(]*v?(\d[\w.-]*)?/i;

function named(line: string): { product: string | null; version: string | null } {
  const found = PRODUCTS.exec(line);
  return { product: found?.[1] ?? null, version: found?.[2] ?? null };
}

const said = (service: string, line: string, facts: Readonly<Record<string, string>> = {}): Said => ({
  service,
  ...named(line),
  facts: { ...facts, [`${service}.greeting`]: fact(line) },
});

const firstLine = (heard: Buffer): string => heard.toString('latin1').split(/\r?\n/, 1)[0] ?? '';

/** `220` is said by FTP (RFC 959) and SMTP (RFC 5321) alike: words in the text, else what identity says, tell them apart. */
export const ftp: Banner = {
  name: 'ftp-banner',
  read(heard, service) {
    const line = firstLine(heard);
    if (!/^(?:220|421|530|120|500 OOPS: vsftpd)[ :-]/.test(line)) return null;
    const isFtp = /ftp/i.test(heard.toString('latin1')) && !/\bE?SMTP\b/i.test(line);
    return isFtp || service === 'ftp' || service === 'ftps' ? said('ftp', line) : null;
  },
};

export const smtp: Banner = {
  name: 'smtp-banner',
  read(heard, service) {
    const line = firstLine(heard);
    if (!/^(?:220|421|554)[ -]/.test(line)) return null;
    if (/\bE?SMTP\b/i.test(line) || /^(?:smtp|smtps|submission)$/.test(service ?? ''))
      return said(service === 'submission' ? 'submission' : 'smtp', line);
    return null;
  },
};

/** RFC 1939. */
export const pop3: Banner = {
  name: 'pop3-banner',
  read: (heard) => (/^\+OK(?:[ \r]|$)/.test(firstLine(heard)) ? said('pop3', firstLine(heard)) : null),
};

/** RFC 3501: `* OK`, `* PREAUTH` (whoever connects is logged in), `* BYE`. */
export const imap: Banner = {
  name: 'imap-banner',
  read(heard) {
    const line = firstLine(heard);
    const [, status] = /^\* (OK|PREAUTH|BYE)(?: |$)/.exec(line) ?? [];
    if (status === undefined) return null;
    const facts: Record<string, string> = {};
    if (status === 'PREAUTH') facts['authentication'] = 'none';
    if (/LOGINDISABLED/.test(line)) facts['imap.login-disabled'] = 'yes';
    return said('imap', line, facts);
  },
};

/** RFC 3977 section 5.1: 200 posting allowed, 201 not; 400 and 502 where nobody is served. */
export const nntp: Banner = {
  name: 'nntp-banner',
  read(heard, service) {
    const line = firstLine(heard);
    if (service === 'nntp' && /^(?:400|50[0-9]) /.test(line)) return said('nntp', line);
    if (!/^20[01] /.test(line)) return null;
    return /nntp|news|\bINN\b/i.test(line) || service === 'nntp' ? said('nntp', line) : null;
  },
};
