import type { Asked, Handshake, Said } from '../said.js';
import { fact } from '../said.js';
import { type HttpAnswer, isWhole, readHttp } from './http-answer.js';
import { HTTP_PRODUCTS, type HttpProduct, productFor } from './http-products.js';

/** Services that are told by their answer to HTTP alone. */
const PLAIN = (
  'http https metrics ipp cockpit webmin jaeger zipkin minio gitlab nexus ' +
  'rstudio code-server streamlit gradio mlflow home-assistant icecast transmission upnp-http haproxy-stats ' +
  'kubelet-healthz kube-proxy puppet puppetdb nginx-status pprof chroma victoriametrics'
).split(' ');

/** Server headers that name a product: `nginx/1.22.1`. */
function serverOf(answer: HttpAnswer): { readonly product: string | null; readonly version: string | null } {
  const [, product, version] =
    /^([A-Za-z][\w .-]*?)(?:[/ ]v?(\d[\w.-]*))?(?: |$|\()/.exec(answer.headers.get('server') ?? '') ?? [];
  return {
    product: product === undefined ? null : fact(product),
    version: version === undefined ? null : fact(version),
  };
}

/** Answers of a port that wants TLS, in clear text: nginx, Apache and Go each say so in words of their own. */
const WANTS_TLS =
  /plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|HTTP request to an HTTPS server/i;

/** What an answer says of a server that is asked as one of many. Null: not HTTP, or HTTP that wants TLS. */
export function readServer(heard: Buffer, secure: boolean): Said | null {
  const answer = readHttp(heard);
  if (answer === null || (!secure && WANTS_TLS.test(answer.body))) return null;
  const { product, version } = serverOf(answer);
  const server = answer.headers.get('server');
  return {
    service: secure ? 'https' : 'http',
    product,
    version,
    facts: server === undefined ? {} : { 'http.server': fact(server) },
    shown: answer.shown,
  };
}

/** What an answer says of an application that is asked by its own path. Null: not HTTP, or HTTP that wants TLS. */
export function readProduct(heard: Buffer, asked: Pick<Asked, 'service' | 'secure'>, of: HttpProduct): Said | null {
  const answer = readHttp(heard);
  if (answer === null) return null;
  if (!asked.secure && WANTS_TLS.test(answer.body)) return null;
  const facts: Record<string, string> = { 'http.status': String(answer.status) };
  if (answer.status === 401 || answer.status === 403) facts['authentication'] = 'required';
  // etcd says in words that it asks for a user.
  if (
    of.post !== undefined &&
    /user name is empty|authentication is not enabled for|invalid auth token/i.test(answer.body)
  )
    facts['authentication'] = 'required';
  const isIt = answer.status >= 200 && answer.status < 300 && of.body.test(answer.body);
  if (isIt && of.open === true) facts['authentication'] = 'none';
  const text = `${[...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${answer.body}`;
  const version = isIt ? (of.version?.exec(text)?.[1] ?? null) : null;
  const service = isIt || facts['authentication'] === 'required' ? asked.service : asked.secure ? 'https' : 'http';
  return {
    service,
    product: of.product ?? null,
    version: version === null ? null : fact(version),
    facts,
    shown: answer.shown,
  };
}

function request(asked: Asked, of: HttpProduct): { readonly text: string; readonly words: string } {
  const method = of.post === undefined ? 'GET' : 'POST';
  const body = of.post ?? '';
  const content = of.post === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const head = `${method} ${of.path} HTTP/1.1\r\nHost: ${asked.host}\r\nUser-Agent: earshot\r\nAccept: */*\r\nConnection: close\r\n`;
  return { text: `${head}${content}\r\n${body}`, words: `${method} ${of.path}` };
}

/**
 * Without a Host a server of HTTP/1.1 answers 400 itself (RFC 9112 section 3.2), with its name in the header: a proxy passes nothing on to
 * another machine.
 */
const NOBODYS = 'HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n';

export const http: Handshake = {
  name: 'http-request',
  transport: 'tcp',
  services: [...new Set([...PLAIN, ...HTTP_PRODUCTS.flatMap(({ services }) => services)])],
  alsoSecure: true,
  async speak(line, asked) {
    const of = productFor(asked.service);
    if (of === null) {
      line.send(NOBODYS, 'HEAD / without a host');
      await line.hear((heard) => heard.includes('\r\n\r\n'), asked.answerMs);
      return readServer(line.heard, asked.secure);
    }
    const { text, words } = request(asked, of);
    line.send(text, words);
    await line.hear(isWhole, asked.answerMs);
    return readProduct(line.heard, asked, of);
  },
};
