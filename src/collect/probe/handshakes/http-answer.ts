/** Status, headers and what came of the body of an HTTP response. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Status line and headers without what could be a secret, for showing. */
  readonly shown: string;
}

const HEADERS_MAX = 64;
/** Headers that are never kept. */
const SECRET = /^(?:set-cookie|www-authenticate|authorization|x-.*(?:token|key|session).*)$/i;

/** RFC 9112: null where it does not begin as a response does. */
export function readHttp(heard: Buffer): HttpAnswer | null {
  const text = heard.toString('latin1');
  const [, code] = /^HTTP\/1\.[01] (\d{3})(?: |\r|\n)/.exec(text) ?? [];
  if (code === undefined) return null;
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const lines = text.slice(0, end).split(/\r?\n/);
  const headers = new Map<string, string>();
  const shown = [lines[0] ?? ''];
  for (const line of lines.slice(1, HEADERS_MAX)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, line.slice(colon + 1).trim());
    if (!SECRET.test(name)) shown.push(line);
  }
  return {
    status: Number(code),
    headers,
    body: text.slice(end).replace(/^\r?\n\r?\n/, ''),
    shown: shown.join('\n').slice(0, 512),
  };
}

/** True once the headers and as much body as they announce were heard. */
export function isWhole(heard: Buffer): boolean {
  const end = heard.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(heard.toString('latin1', 0, end))?.[1];
  return length !== undefined && heard.length >= end + 4 + Number(length);
}
