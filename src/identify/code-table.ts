/**
 * What code on an interpreter's command line opens, by the call that opens it: `python3 -c "… HTTPServer(…"`. One line a call: language, service, pattern.
 * An import alone, a comment, or a name in a text opens nothing, so only calls count.
 */
const CALLS: readonly (readonly [language: string, service: string, call: RegExp])[] = [
  ['python', 'http', /\btest\(.*HTTPRequestHandler/s],
  [
    'python',
    'http',
    /\b(?:Threading)?(?:HTTPServer|WSGIServer|SimpleXMLRPCServer|TCPServer)\(.*HTTPRequestHandler|\b(?:Threading)?HTTPServer\(/s,
  ],
  ['python', 'http', /\b(?:make_server|SimpleXMLRPCServer|web\.run_app|uvicorn\.run|waitress\.serve|Flask)\(/],
  ['python', 'ftp', /\b(?:Threaded|MultiprocessFTP)?FTPServer\(/],
  ['python', 'smtp', /\b(?:SMTPServer|DebuggingServer|SMTPController)\(/],
  ['node', 'http', /\bhttp['"]?\)?\.createServer\(|\bexpress\(\)/],
  ['node', 'https', /\bhttps['"]?\)?\.createServer\(/],
  ['ruby', 'http', /\bWEBrick::HTTPServer\.new|\bRack::Server\.|\bSinatra\b/],
  ['prolog', 'http', /\bhttp_server\(/],
  ['erlang', 'http', /\binets:start\(\s*httpd\b/],
  ['perl', 'http', /\bHTTP::(?:Daemon|Server::\w+)->new|\bMojolicious::Lite\b|\bPlack::Runner->new/],
];

/** Characters of code that are looked at. */
const CODE_MAX = 16_384;

/** Names that one import gives by another name: `from xmlrpc.server import SimpleXMLRPCServer as S`. */
const ALIASES_MAX = 16;

/** Code with what its imports renamed under its own name again. */
function withoutAliases(language: string, code: string): string {
  if (language !== 'python') return code;
  let text = code;
  for (const [, name = '', alias = ''] of [...code.matchAll(/\b([\w.]{1,100})\s+as\s+(\w{1,100})/g)].slice(
    0,
    ALIASES_MAX,
  ))
    if (name !== alias) text = text.replace(new RegExp(`\\b${alias}(?=\\s*[(.])`, 'g'), name);
  return text;
}

/** The service that the code opens; null: none that is known, or several. */
export function serviceOfCode(language: string, code: string): string | null {
  const text = withoutAliases(language, code.slice(0, CODE_MAX));
  const found = new Set(
    CALLS.flatMap(([one, service, call]) => (one === language && call.test(text) ? [service] : [])),
  );
  const [only, ...others] = found;
  return only === undefined || others.length > 0 ? null : only;
}
