/** What an interpreter, loader or multi-call program was told to run. */
export interface Script {
  /** Family of the interpreter: `python`, `node`, `java`, `ruby`, `perl`, `php`, `dotnet`, `shell`, `busybox`, `loader`, `erlang`, … */
  readonly language: string;
  /** `file` a script or jar; `module` a name the interpreter finds; `code` text on the command line; `applet`; `title` it has rewritten its arguments. */
  readonly kind: 'file' | 'module' | 'code' | 'applet' | 'title' | 'server';
  /** What to show: the script's path, `python3 -m pyftpdlib`, `php -S 0.0.0.0:5000`, the title. */
  readonly shown: string;
  /** Name to look up in a table of programs: base name of a file without its ending, the module, the applet, the title's first word. */
  readonly name: string;
  /** Path of the file as in the arguments (perhaps relative); null: no file. */
  readonly path: string | null;
  /** Arguments after it. */
  readonly rest: readonly string[];
  /** Text of the program where it stands on the command line; absent elsewhere. */
  readonly code?: string;
}

/** How a language's own options are told from what it runs. */
interface Grammar {
  /** Options whose value stands in the next argument. */
  readonly valued: ReadonlySet<string>;
  /** Options after which code stands. */
  readonly code: ReadonlySet<string>;
  /** Options after which a module, class or jar stands. */
  readonly module: ReadonlySet<string>;
  /** Options after which a file to run stands. */
  readonly file: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' ').filter((word) => word !== ''));
const grammar = (valued: string, code = '', module = '', file = ''): Grammar => ({
  valued: words(valued),
  code: words(code),
  module: words(module),
  file: words(file),
});

const LANGUAGES: readonly { readonly name: RegExp; readonly language: string; readonly grammar: Grammar }[] = [
  {
    name: /^(?:python|pypy)[\d.]*t?(?:-dbg)?$/,
    language: 'python',
    grammar: grammar('-W -X --check-hash-based-pycs', '-c', '-m'),
  },
  {
    name: /^(?:node|nodejs|bun|iojs)\d*$/,
    language: 'node',
    grammar: grammar(
      '-r --require --import --loader --experimental-loader -C --conditions --title --cwd',
      '-e --eval -p --print',
    ),
  },
  {
    name: /^deno$/,
    language: 'deno',
    grammar: grammar('--config -c --import-map --location --host --port --cert --key --env-file', 'eval'),
  },
  {
    name: /^javaw?$/,
    language: 'java',
    grammar: grammar(
      '-cp -classpath --class-path -p --module-path --add-modules --add-opens --add-exports --add-reads --source --upgrade-module-path',
      '',
      '-m --module',
      '-jar',
    ),
  },
  { name: /^ruby[\d.]*$/, language: 'ruby', grammar: grammar('-I -r -C -E -F', '-e') },
  { name: /^perl[\d.]*$/, language: 'perl', grammar: grammar('-I -M -m', '-e -E') },
  { name: /^php(?:-cgi)?[\d.]*$/, language: 'php', grammar: grammar('-d -c -z -t -b', '-r -B -R -E', '', '-f -F') },
  {
    name: /^dotnet$/,
    language: 'dotnet',
    grammar: grammar('--depsfile --runtimeconfig --additionalprobingpath --fx-version --roll-forward'),
  },
  {
    name: /^(?:ba|da|k|mk|z|a|tc|c|fi|ya)?sh\d*$/,
    language: 'shell',
    grammar: grammar('-o +o -O +O --rcfile --init-file', '-c'),
  },
  { name: /^(?:lua|luajit)[\d.]*$/, language: 'lua', grammar: grammar('-l', '-e') },
  { name: /^(?:tclsh|wish|expect)[\d.]*$/, language: 'tcl', grammar: grammar('', '-c') },
  {
    name: /^swipl$/,
    language: 'prolog',
    grammar: grammar('-s -o', '-g -t'),
  },
  {
    name: /^(?:mono|mono-sgen|Rscript|julia|guile[\d.-]*|racket|escript|scheme|sbcl)$/,
    language: 'script',
    grammar: grammar('', '-e -c --eval'),
  },
  {
    name: /^ld-(?:linux|musl)[\w.-]*$|^ld\.so$/,
    language: 'loader',
    grammar: grammar('--library-path --preload --audit --argv0 --inhibit-rpath'),
  },
  {
    // Programs of another machine, emulated one by one: the kernel shows the emulator as their executable.
    name: /^qemu-(?!system|img|nbd|io|ga|storage)[a-z][a-z0-9_]+(?:-static)?$|^box(?:64|86)$|^rosetta$/,
    language: 'loader',
    grammar: grammar('-cpu -E -U -L -g -p -r -s -B -R -0 -d -D -plugin'),
  },
  {
    // valgrind's tools, whose options stand after an equals sign.
    name: /^(?:memcheck|helgrind|drd|massif|callgrind|cachegrind|dhat|lackey|none|exp-bbv)-[a-z0-9]+-linux$/,
    language: 'loader',
    grammar: grammar(''),
  },
];

const MULTICALL = /^(?:busybox|toybox)(?:[.-]?(?:static|musl|glibc))?$/;

/** Programs of many trades that serve one thing for one of their commands: the words after the program, and what they open. */
const SERVING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  openssl: { s_server: 'openssl-s_server', ocsp: 'openssl-ocsp' },
  rclone: {
    'serve http': 'rclone-http',
    'serve webdav': 'rclone-http',
    'serve s3': 'rclone-http',
    'serve restic': 'rclone-http',
    'serve dlna': 'rclone-dlna',
    'serve ftp': 'rclone-ftp',
    'serve sftp': 'rclone-sftp',
    'serve nfs': 'rclone-nfs',
    rcd: 'rclone-http',
  },
};

/** `openssl s_server`, `rclone serve ftp`: the command that decides what is spoken. */
function servingCommand(program: string, args: readonly string[]): Script | null {
  const commands = SERVING[program];
  if (commands === undefined) return null;
  const [, first = '', second = ''] = args;
  const command = [`${first} ${second}`, first].find((words) => commands[words] !== undefined) ?? '';
  const name = commands[command];
  if (name === undefined) return null;
  const rest = args.slice(1 + command.split(' ').length);
  return { language: program, kind: 'server', shown: `${program} ${command}`, name, path: null, rest };
}

/** Base name of a path, without ` (deleted)`. */
export function baseName(path: string): string {
  const clean = path.endsWith(' (deleted)') ? path.slice(0, -10) : path;
  return clean.slice(clean.lastIndexOf('/') + 1);
}

/** Name of a script file without the ending that says its language. */
const stem = (path: string): string =>
  baseName(path).replace(/\.(?:py|pyc|js|mjs|cjs|ts|rb|pl|php|jar|war|dll|exe|sh|lua|tcl|pex|pyz)$/i, '');

/** Commands whose first word says what they serve: `twistd ftp`. */
const SUBCOMMANDS =
  /^(?:ftp|web|telnet|dns|conch|mail|news|inetd|portforward|socks|words|manhole|xmpp-router|procmon)$/;

function ofFile(language: string, path: string, rest: readonly string[]): Script {
  const name = stem(path);
  const plugin = /^twistd\d?$/.test(name) ? (rest.find((word) => SUBCOMMANDS.test(word)) ?? null) : null;
  return {
    language,
    kind: 'file',
    shown: plugin === null ? path : `${path} ${plugin}`,
    name: plugin === null ? name : `twistd-${plugin}`,
    path,
    rest,
  };
}

/** A multi-call binary runs the applet it is called as, or the one its first argument names. */
function appletOf(language: string, args: readonly string[]): Script | null {
  const called = baseName(args[0] ?? '').replace(/^-/, '');
  const named = MULTICALL.test(called);
  const applet = named ? (args[1] ?? '') : called;
  if (applet === '' || applet.startsWith('-')) return null;
  return {
    language,
    kind: 'applet',
    shown: `${language} ${applet}`,
    name: applet,
    path: null,
    rest: args.slice(named ? 2 : 1),
  };
}

/** `gunicorn: master [app:app]`, `deluge-web`, `/usr/bin/plackup`: one argument, where an interpreter has at least its own name. */
function titleOf(found: (typeof LANGUAGES)[number], program: string, args: readonly string[]): Script | null {
  const { language } = found;
  const title = args[0] ?? '';
  const [first = ''] = title.split(/[\s:[]/);
  if (args.length !== 1) return null;
  // `node /srv/app/server.js`, as process managers write it: the command in one piece.
  if (LANGUAGES.some((one) => one.name.test(baseName(first).replace(/^-/, ''))))
    return title.includes(' ') ? told(language, program, found.grammar, title.split(' ')) : null;
  const path = first.startsWith('/') ? first : null;
  const name = path === null ? (/^[\w.+-]+/.exec(title)?.[0] ?? '') : stem(path);
  return name === '' ? null : { language, kind: 'title', shown: title, name, path, rest: [] };
}

/** Characters of code on a command line that are shown. */
const CODE_SHOWN_MAX = 200;

/** `php -S ADDRESS`, `php-cgi -b ADDRESS`, `deno serve`, `ruby -run -e httpd`: a server inside the interpreter. */
function builtInServer(language: string, program: string, args: readonly string[]): Script | null {
  const server = (name: string, from: number): Script => ({
    language,
    kind: 'server',
    shown: [program, ...args.slice(1, from + 1)].join(' ').slice(0, CODE_SHOWN_MAX),
    name,
    path: null,
    rest: args.slice(from + 1),
  });
  if (language === 'deno' && args[1] === 'serve') return server('deno-serve', 1);
  if (program.startsWith('php-cgi')) {
    const bind = args.findIndex((word, index) => index > 0 && word.startsWith('-b'));
    if (bind > 0) return server('php-cgi', args[bind] === '-b' ? bind + 1 : bind);
  }
  if (language === 'php') {
    const at = args.findIndex((word, index) => index > 0 && word.startsWith('-S'));
    const address = at < 0 ? undefined : args[at] === '-S' ? args[at + 1] : args[at]?.slice(2);
    if (at > 0 && address !== undefined)
      return {
        language,
        kind: 'server',
        shown: `${program} -S ${address}`,
        name: 'php-S',
        path: null,
        rest: args.slice(at + 2),
      };
  }
  if (language === 'ruby') {
    const un = args.findIndex((word, index) => word === '-run' || (word === '-r' && args[index + 1] === 'un'));
    const at = args.findIndex((word, index) => index > un && word.startsWith('-e'));
    const attached = args[at]?.slice(2) ?? '';
    const what = attached === '' ? args[at + 1] : attached;
    if (un > 0 && at > 0 && what !== undefined)
      return {
        language,
        kind: 'server',
        shown: `${program} -run -e ${what}`,
        name: `ruby-${what}`,
        path: null,
        rest: args.slice(attached === '' ? at + 2 : at + 1),
      };
  }
  return null;
}

/** Interpreters for which a lone `-` is the program on standard input. */
const READS_INPUT = /^(?:python|ruby|perl|node|php|lua|shell|tcl)$/;

/** Single letters that may stand before the one for code in one word: `python3 -uc`, `perl -wE`, `node -pe`. */
const CODE_LETTERS: Readonly<Record<string, RegExp>> = {
  python: /^-[bBdEhiIOPqsSuvx]*c(.*)$/s,
  ruby: /^-[adlnpsSvwWl]*e(.*)$/s,
  perl: /^-[acflnpsStTuUvwWX]*[eE](.*)$/s,
  node: /^-(?:e|p|pe)()$/,
  shell: /^-[a-z]*c()$/,
};

/** Code that stands on the command line, in the word of its option or in the next one; null: this word is no such option. */
function codeAt(language: string, program: string, rules: Grammar, args: readonly string[], at: number): Script | null {
  const word = args[at] ?? '';
  const attached = CODE_LETTERS[language]?.exec(word)?.[1];
  if (attached === undefined && !rules.code.has(word)) return null;
  const inWord = attached ?? '';
  const code = inWord === '' ? (args[at + 1] ?? '') : inWord;
  const option = inWord === '' ? word : word.slice(0, -inWord.length);
  return {
    language,
    kind: 'code',
    shown: `${program} ${option} ${code.slice(0, CODE_SHOWN_MAX)}`,
    name: '',
    path: null,
    rest: args.slice(inWord === '' ? at + 2 : at + 1),
    code,
  };
}

function told(language: string, program: string, rules: Grammar, args: readonly string[]): Script | null {
  for (let at = 1; at < args.length; at++) {
    const word = args[at] ?? '';
    const next = args[at + 1];
    const rest = args.slice(at + 2);
    const code = codeAt(language, program, rules, args, at);
    if (code !== null) return code;
    if (word === '-' && READS_INPUT.test(language))
      return { language, kind: 'code', shown: `${program} -`, name: '', path: null, rest: args.slice(at + 1) };
    if (rules.module.has(word) && next !== undefined)
      return { language, kind: 'module', shown: `${program} ${word} ${next}`, name: next, path: null, rest };
    const attached = language === 'python' ? /^-[bBdEhiIOPqsSuvx]*m(.*)$/.exec(word)?.[1] : undefined;
    if (attached !== undefined) {
      const name = attached === '' ? (next ?? '') : attached;
      return {
        language,
        kind: 'module',
        shown: `${program} -m ${name}`,
        name,
        path: null,
        rest: attached === '' ? rest : args.slice(at + 1),
      };
    }
    if (rules.file.has(word) && next !== undefined) return ofFile(language, next, rest);
    // A file with more arguments, java(1); what it says was not seen.
    if (language === 'java' && word.startsWith('@')) continue;
    if (rules.valued.has(word)) at++;
    else if (word === '--' && next !== undefined) return ofFile(language, next, rest);
    else if (word !== '' && !/^[-+]/.test(word)) {
      if (language === 'dotnet' && (word === 'exec' || word === 'run' || word === 'watch')) continue;
      if (language === 'deno' && (word === 'run' || word === 'serve')) continue;
      if (language === 'java' && !word.includes('/') && !word.endsWith('.jar'))
        return { language, kind: 'module', shown: word, name: word, path: null, rest: args.slice(at + 1) };
      return ofFile(language, word, args.slice(at + 1));
    }
  }
  return null;
}

/** Whether the program of that base name runs what others wrote. */
export const isInterpreter = (name: string): boolean =>
  MULTICALL.test(name) || /^beam(?:\.smp)?$/.test(name) || LANGUAGES.some((one) => one.name.test(name));

/**
 * What the process at `exe` was told to run, from its arguments; null where the executable is no interpreter, loader or multi-call binary, or was
 * told nothing. Only the executable says that it is one: arguments alone, which anybody can choose, do not. `comm` helps where the arguments name
 * nothing (a title).
 */
export function scriptOf(exe: string | null, args: readonly string[], comm: string): Script | null {
  if (exe === null) return null;
  const there = found.get(args);
  if (there !== undefined && there.exe === exe && there.comm === comm) return there.script;
  const script = scriptIn(exe, args, comm);
  found.set(args, { exe, comm, script });
  return script;
}

/** Answers by the arguments asked about: one process may hold thousands of sockets, and each asks. */
const found = new WeakMap<
  readonly string[],
  { readonly exe: string; readonly comm: string; readonly script: Script | null }
>();

function scriptIn(exe: string, args: readonly string[], comm: string): Script | null {
  const program = baseName(exe);
  let end = args.length;
  while (end > 0 && args[end - 1] === '') end--;
  const given = args.slice(0, end);
  if (MULTICALL.test(program)) return appletOf('busybox', given.length > 0 ? given : [comm]);
  const found = LANGUAGES.find((language) => language.name.test(program));
  if (found === undefined) return servingCommand(program, given);
  const short = program.replace(/^(python|ruby|php|perl)(\d+)[\d.]*$/, (_, name: string, major: string) =>
    name === 'python' ? `${name}${major}` : name,
  );
  return (
    builtInServer(found.language, short, given) ??
    told(found.language, short, found.grammar, given) ??
    titleOf(found, short, given)
  );
}
