import { baseName, type Script, scriptOf } from '../../lib/interpreters.js';
import { servicesAt } from '../../lib/services.js';
import type { Process } from '../../model/process.js';
import type { Claim, Facts, Recogniser, Subject } from '../claim.js';
import { serviceOfCode } from '../code-table.js';
import { type Choice, DEALT_FROM, type Program, programNamed, serviceAt } from '../programs.js';
import { upstreamVersion } from './program.js';

/** Arguments of one process that are looked through. */
const ARGUMENTS_MAX = 256;

/** Erlang programs run in one virtual machine; its arguments say which one. */
function erlangProgram(process: Process): string | null {
  if (process.exe === null || !/^beam(?:\.smp)?$/.test(baseName(process.exe))) return null;
  const text = process.args.slice(0, ARGUMENTS_MAX).join(' ');
  const word = /(?:^|[\s/_-])(rabbit(?:mq)?|ejabberd|couchdb|emqx|vernemq|riak|yaws)(?=$|[\s/@_.-])/.exec(text)?.[1];
  return word === 'rabbit' ? 'rabbitmq' : (word ?? null);
}

/** Names under which a script may stand in the table of programs, most telling first. */
function* namesOf(script: Script, main: string | null, brought: string | null): Iterable<string> {
  yield `${script.language}:${script.name}`;
  if (main !== null) yield main;
  yield script.name;
  if (script.kind === 'module') yield script.name.split(/[./:]/)[0] ?? '';
  const folder =
    script.path === null ? undefined : /\/node_modules\/(?:@[^/]+\/)?([^/.][^/]*)\//.exec(script.path)?.[1];
  if (folder !== undefined) yield folder;
  // `start.jar` of the package jetty9, `main.js` of the package serve.
  if (brought !== null) yield brought.replace(/^@[^/]+\//, '');
}

function programOf(script: Script, main: string | null, brought: string | null): Program | null {
  for (const name of namesOf(script, main, brought)) {
    const found = programNamed(name);
    if (found !== null) return found;
  }
  return null;
}

const portOf = (text: string | undefined): number | null => {
  const digits = /(?:^|:)(\d{1,5})$/.exec(text ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Port of `-agentlib:jdwp=…,address=*:5005` or `-Xrunjdwp:…`; 0: chosen by the kernel; null: no debugger. */
function jdwpPort(args: readonly string[]): number | null {
  const agent = args.find((word) => /^-(?:agentlib:jdwp=|Xrunjdwp:)/.test(word));
  if (agent === undefined || !agent.includes('server=y')) return null;
  return portOf(/address=([^,]*)/.exec(agent)?.[1]) ?? 0;
}

const INSPECT = /^--(?:inspect|inspect-brk|inspect-wait|inspect-port|debug-port|debug|debug-brk)(?:=(.*))?$/;

/** Port of node's `--inspect…`; null: no debugger asked for. */
function inspectorPort(args: readonly string[]): number | null {
  const asked = args.map((word) => INSPECT.exec(word)).filter((match) => match !== null);
  if (asked.length === 0) return null;
  for (const match of asked) {
    const port = portOf(match[1]);
    if (port !== null) return port;
  }
  return 9229;
}

function jmxPort(args: readonly string[]): number | null {
  const option = args.find((word) => /^-Dcom\.sun\.management\.jmxremote\.(?:rmi\.)?port=/.test(word));
  return option === undefined ? null : portOf(option.slice(option.indexOf('=') + 1));
}

/** Options that an interpreter takes from its environment. */
const fromEnvironment = ({ environment }: Process): readonly string[] =>
  ['NODE_OPTIONS', 'JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'].flatMap((name) =>
    (environment?.[name] ?? '').split(' ').filter((word) => word !== ''),
  );

/** Debuggers and consoles that an interpreter opens beside what it runs. */
function debugger_(process: Process, script: Script | null, subject: Subject): Claim | null {
  const { port, protocol } = subject.group;
  if (protocol !== 'tcp' || port === null) return null;
  const program = baseName(process.exe ?? '');
  const args = [...process.args, ...fromEnvironment(process)];
  const claim = (service: string, product: string, how: string): Claim => ({
    by: 'script',
    service,
    product,
    confidence: 'certain',
    evidence: [`process ${process.pid} (${program}) ${how}`],
    authentication: 'none',
  });
  if (/^javaw?$/.test(program)) {
    if (jdwpPort(args) === port)
      return claim('jdwp', 'JDWP', `was started with a debug agent that listens on port ${port}`);
    if (jmxPort(args) === port)
      return { ...claim('jmx', 'JMX', `was started with remote management on port ${port}`), authentication: null };
  }
  const isNode = script?.language === 'node' || /^(?:node|nodejs|electron|bun)\d*$/.test(program);
  if (isNode && inspectorPort(args) === port)
    return claim('node-inspector', 'Node.js inspector', `was started with an inspector on port ${port}`);
  if (isNode && port === 9229 && subject.group.address === '127.0.0.1')
    return {
      ...claim(
        'node-inspector',
        'Node.js inspector',
        'holds port 9229 on loopback, where node opens its inspector when it gets SIGUSR1',
      ),
      confidence: 'likely',
    };
  const remote = process.args.find((word) => /^--remote-debugging-port=\d+$/.test(word));
  if (portOf(remote?.split('=')[1]) === port)
    return claim('chrome-devtools-protocol', program, `was started with ${remote}`);
  return null;
}

/** What the script itself brought with it: a package's file, or only a name. */
function sureness(
  process: Process,
  script: Script,
  facts: Facts,
): { readonly confidence: 'certain' | 'likely'; readonly version: string | null; readonly brought: string } {
  const { scriptPackages, packages } = facts.snapshot.software;
  const own = packages[String(process.pid)] ?? null;
  const scripts = scriptPackages?.[String(process.pid)] ?? null;
  if (script.kind === 'applet' || (script.kind === 'server' && own !== null))
    return {
      confidence: own === null || own.modified === true ? 'likely' : 'certain',
      version: upstreamVersion(own?.version ?? null),
      brought: '',
    };
  if (scripts === null) return { confidence: 'likely', version: null, brought: '' };
  return {
    confidence: script.kind === 'title' || scripts.modified === true ? 'likely' : 'certain',
    version: upstreamVersion(scripts.version),
    brought: ` of ${scripts.manager} package ${scripts.name}${scripts.version === null ? '' : ` ${scripts.version}`}`,
  };
}

/** Erlang's nodes talk through a port that the kernel chose, unless told another: no service of a program stands there. */
function distribution(script: Script, program: Program, { group }: Subject): Choice | null {
  const isDealt = group.protocol === 'tcp' && group.port !== null && group.port >= DEALT_FROM;
  const isKnown = servicesAt(group.protocol, group.port ?? 0, true).some(
    ({ name }) => name !== 'erlang-distribution' && program.services.includes(name),
  );
  return script.language === 'erlang' && isDealt && !isKnown && program.services.includes('erlang-distribution')
    ? { service: 'erlang-distribution', only: false }
    : null;
}

function claimOf(process: Process, script: Script, subject: Subject, facts: Facts): Claim | null {
  const { scriptPackages, mainClasses } = facts.snapshot.software;
  const main = mainClasses?.[String(process.pid)] ?? null;
  const named = programOf(script, main, scriptPackages?.[String(process.pid)]?.name ?? null);
  const brought = scriptPackages?.[String(process.pid)] !== undefined;
  const isItself = script.kind === 'applet' || script.kind === 'server' || script.language === 'loader';
  // Anybody can call a script `redis-server`: it is none, unless a package brought it.
  const program = named !== null && (named.interpreted || isItself || brought) ? named : null;
  const interpreter = baseName(process.exe ?? '');
  const sure = sureness(process, script, facts);
  const runs =
    script.kind === 'title'
      ? `process ${process.pid} (${interpreter}) has rewritten its arguments to “${script.shown}”${sure.brought}`
      : `process ${process.pid} (${interpreter}) runs ${script.shown}${sure.brought}${main === null ? '' : `, whose manifest names ${main}`}`;
  const opens = script.code === undefined ? null : serviceOfCode(script.language, script.code);
  if (opens !== null && serviceAt([opens], subject.group) !== null)
    return {
      by: 'script',
      service: opens,
      product: interpreter,
      confidence: 'likely',
      evidence: [`${runs}, and that code opens ${opens}`],
    };
  if (program === null || program.services.length === 0) {
    const product = script.kind === 'code' ? interpreter : script.shown;
    return {
      by: 'script',
      service: null,
      product,
      confidence: 'likely',
      evidence: [runs],
      ...(brought ? {} : { doubtsPort: true }),
    };
  }
  const choice = distribution(script, program, subject) ?? serviceAt(program.services, subject.group);
  if (choice === null)
    return { by: 'script', service: null, product: program.product, confidence: 'likely', evidence: [runs] };
  const product =
    script.kind === 'applet'
      ? `BusyBox ${script.name}`
      : program.product === program.name
        ? script.name
        : program.product;
  return {
    by: 'script',
    service: choice.service,
    product,
    version: sure.version,
    confidence: choice.only ? sure.confidence : 'likely',
    evidence: [runs],
    couldBe: program.services,
  };
}

/** The code after `-eval` of Erlang's virtual machine; null: none. */
function erlangCode(process: Process): string | null {
  if (!/^beam(?:\.smp)?$/.test(baseName(process.exe ?? ''))) return null;
  const at = process.args.indexOf('-eval');
  return at < 0 ? null : (process.args[at + 1] ?? null);
}

function ofProcess(process: Process, subject: Subject, facts: Facts): Claim | null {
  // A file that is called as an interpreter and is none runs nothing of what its arguments say.
  if (facts.snapshot.software.disguises?.[String(process.pid)]?.kind === 'name-only') return null;
  const script = scriptOf(process.exe, process.args, process.name);
  const debugging = debugger_(process, script, subject);
  if (debugging !== null) return debugging;
  if (script !== null) return claimOf(process, script, subject, facts);
  const code = erlangCode(process);
  if (code !== null)
    return claimOf(
      process,
      {
        language: 'erlang',
        kind: 'code',
        shown: `erl -eval ${code.slice(0, 200)}`,
        name: '',
        path: null,
        rest: [],
        code,
      },
      subject,
      facts,
    );
  const erlang = erlangProgram(process);
  return erlang === null
    ? null
    : claimOf(
        process,
        { language: 'erlang', kind: 'title', shown: erlang, name: erlang, path: null, rest: [] },
        subject,
        facts,
      );
}

/** Interpreters, loaders and multi-call binaries: what they were told to run, rather than what they are. */
export const byScript: Recogniser = (subject, facts) => {
  let fallback: Claim | null = null;
  for (const process of subject.processes) {
    const claim = ofProcess(process, subject, facts);
    if (claim === null) continue;
    if (claim.service !== null) return claim;
    fallback ??= claim;
  }
  return fallback;
};
