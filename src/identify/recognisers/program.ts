import { baseName, isInterpreter } from '../../lib/interpreters.js';
import type { Owner } from '../../model/listener.js';
import type { Package } from '../../model/package.js';
import type { Disguise } from '../../model/software.js';
import type { Claim, Facts, Recogniser, Subject } from '../claim.js';
import { type Program, programNamed, serviceAt } from '../programs.js';

/** A program that holds the socket, with what its executable is worth as evidence. */
interface Holder {
  readonly owner: Owner;
  readonly program: Program;
  /** True: a package brought this very file, so its name means what it says. */
  readonly packaged: boolean;
  readonly brought: Package | null;
  readonly disguise: Disguise | null;
}

/** Base name of what really runs; of a capture, the name it shows. */
function nameOf(owner: Owner, disguise: Disguise | null): string | null {
  if (owner.exe !== null) return owner.script === null ? baseName(disguise?.path ?? owner.exe) : null;
  // `1234/sshd: /usr/sbin` of netstat, `nginx: master` of lsof.
  return owner.exeState === null ? (owner.name?.split(/[:\s]/)[0] ?? null) : null;
}

function holdersOf(subject: Subject, { snapshot }: Facts): readonly Holder[] {
  const holders: Holder[] = [];
  const seen = new Set<string>();
  for (const owner of subject.owners) {
    if (owner.kind !== 'process') continue;
    const disguise = snapshot.software.disguises?.[String(owner.pid)] ?? null;
    const name = nameOf(owner, disguise);
    if (name === null || seen.has(name)) continue;
    seen.add(name);
    const program = programNamed(name);
    const brought = disguise?.package ?? owner.package;
    const packaged =
      brought !== null &&
      (disguise?.kind === 'same-bytes' || (brought.modified !== true && owner.exeState !== 'memfd'));
    if (program !== null && disguise?.kind !== 'name-only')
      holders.push({ owner, program, packaged, brought, disguise });
  }
  return holders;
}

/** What the executable proves, as a sentence. */
function evidenceOf({ owner, program, packaged, brought, disguise }: Holder): string {
  const who = owner.pid === null ? `process ${owner.name ?? ''}` : `process ${owner.pid}`;
  if (owner.exe === null)
    return `the capture shows ${owner.name ?? 'a process'} as its owner, and that is how ${program.product} is called`;
  const file = `${who} runs ${owner.exe}${disguise?.kind === 'called-as' ? `, called as ${disguise.path}` : ''}`;
  if (brought === null) return `${file}, which is how ${program.product} is called (no package brought it)`;
  const version = brought.version === null ? '' : ` ${brought.version}`;
  const origin = `${brought.manager} package ${brought.name}${version}`;
  if (disguise?.kind === 'same-bytes')
    return `${file}, whose bytes are those of ${disguise.path} of ${origin}: ${program.product} under another name`;
  if (packaged) return `${file} of ${origin}: ${program.product}`;
  return `${file}, which ${origin} brought but which was changed since: ${program.product} by its name`;
}

/** Of several programs that hold one socket, the one that serves the fewest things: `imap-login` says more than `dovecot`. */
function mostTelling(holders: readonly Holder[]): Holder | null {
  let best: Holder | null = null;
  for (const holder of holders) {
    const { services } = holder.program;
    if (services.length === 0) continue;
    if (
      best === null ||
      (services.length < best.program.services.length &&
        services.every((name) => best?.program.services.includes(name)))
    )
      best = holder;
  }
  return best;
}

/** A file that nowhere holds the name it bears: the name says nothing, and the port no more. */
function nameOnly(subject: Subject, { snapshot }: Facts): Claim | null {
  const owner = subject.owners.find((one) => snapshot.software.disguises?.[String(one.pid)]?.kind === 'name-only');
  if (owner === undefined) return null;
  return {
    by: 'program',
    service: null,
    product: null,
    confidence: 'likely',
    evidence: [
      `process ${owner.pid} runs ${owner.exe}, which no package brought and whose bytes nowhere hold that name: the name proves nothing`,
    ],
    doubtsPort: true,
  };
}

/** Holders that are known and serve nothing: `sleep` has inherited the socket. */
function servesNothing(subject: Subject, holders: readonly Holder[]): Claim | null {
  const [first] = holders;
  if (first === undefined || subject.owners.length > holders.length) return null;
  const { holdsForOthers, product } = first.program;
  const { protocol } = subject.group;
  const why =
    protocol === 'packet' || protocol === 'raw'
      ? 'which hears packets with it'
      : holdsForOthers
        ? 'which holds sockets for other programs; which one answers here was not found'
        : 'which serves nothing itself: it has inherited the socket, or holds it for another program';
  return {
    by: 'program',
    service: null,
    product,
    confidence: first.packaged ? 'certain' : 'likely',
    evidence: [`${evidenceOf(first)}, ${why}`],
    excludesPort: !holdsForOthers,
  };
}

/** A program that the table does not have: who it is, and from which package, is all that can be said. */
function notKnown({ owners }: Subject): Claim | null {
  const owner = owners.find(({ kind, exe, script }) => kind === 'process' && exe !== null && script === null);
  if (owner === undefined) return null;
  const { package: brought } = owner;
  const origin =
    brought === null
      ? ', which no package brought'
      : ` of ${brought.manager} package ${brought.name}${brought.version === null ? '' : ` ${brought.version}`}`;
  return {
    by: 'program',
    service: null,
    product: brought === null ? null : baseName(owner.exe ?? ''),
    version: upstreamVersion(brought?.version ?? null),
    confidence: 'likely',
    evidence: [`process ${owner.pid} runs ${owner.exe}${origin}`],
    ...(brought === null || isInterpreter(baseName(owner.exe ?? '')) ? { doubtsPort: true } : {}),
  };
}

/** `1:2.3.4-5+deb12u1` → `2.3.4`: the version its authors gave it. */
export function upstreamVersion(version: string | null): string | null {
  if (version === null) return null;
  return /^(?:\d+:)?([^-+~]+)/.exec(version)?.[1] ?? version;
}

/** The address of the resolver that dockerd runs in each container of a user-defined network. */
const DOCKER_RESOLVER = '127.0.0.11';

/** dockerd's sockets in a container's namespace are its resolver's, never its API. */
const servicesOf = (program: Program, { group }: Subject): readonly string[] =>
  program.product === 'Docker' && group.address === DOCKER_RESOLVER ? ['dns'] : program.services;

/** Executable and package: the file that runs, in the process's own root. */
export const byProgram: Recogniser = (subject, facts) => {
  const holders = holdersOf(subject, facts);
  const best = mostTelling(holders);
  if (best === null) return servesNothing(subject, holders) ?? nameOnly(subject, facts) ?? notKnown(subject);
  const { program, brought } = best;
  const choice = serviceAt(servicesOf(program, subject), subject.group);
  if (choice === null)
    return {
      by: 'program',
      service: null,
      product: program.product,
      version: upstreamVersion(brought?.version ?? null),
      confidence: best.packaged ? 'certain' : 'likely',
      evidence: [evidenceOf(best)],
    };
  return {
    by: 'program',
    service: choice.service,
    product: program.product,
    version: upstreamVersion(brought?.version ?? null),
    confidence: best.packaged && choice.only ? 'certain' : 'likely',
    evidence: [evidenceOf(best)],
    ...(choice.only
      ? {}
      : {
          doubt: `${program.product} speaks ${program.services.join(', ')}; which of them at this port was not seen`,
        }),
    couldBe: program.services,
  };
};
