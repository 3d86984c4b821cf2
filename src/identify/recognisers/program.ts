import { baseName } from '../../lib/interpreters.js';
import type { Owner } from '../../model/listener.js';
import type { Claim, Recogniser, Subject } from '../claim.js';
import { type Program, programNamed, serviceAt } from '../programs.js';

/** A program that holds the socket, with what its executable is worth as evidence. */
interface Holder {
  readonly owner: Owner;
  readonly program: Program;
  /** True: a package brought this very file, so its name means what it says. */
  readonly packaged: boolean;
}

/** Base name of the executable; of a capture, the name it shows. */
function nameOf(owner: Owner): string | null {
  if (owner.exe !== null) return owner.script === null ? baseName(owner.exe) : null;
  return owner.pid === null || owner.exeState === null ? owner.name : null;
}

function holdersOf(subject: Subject): readonly Holder[] {
  const holders: Holder[] = [];
  const seen = new Set<string>();
  for (const owner of subject.owners) {
    if (owner.kind !== 'process') continue;
    const name = nameOf(owner);
    if (name === null || seen.has(name)) continue;
    seen.add(name);
    const program = programNamed(name);
    const packaged = owner.package !== null && owner.package.modified !== true && owner.exeState !== 'memfd';
    if (program !== null) holders.push({ owner, program, packaged });
  }
  return holders;
}

/** What the executable proves, as a sentence. */
function evidenceOf({ owner, program, packaged }: Holder): string {
  const who = owner.pid === null ? `process ${owner.name ?? ''}` : `process ${owner.pid}`;
  if (owner.exe === null)
    return `the capture shows ${owner.name ?? 'a process'} as its owner, and that is how ${program.product} is called`;
  const file = `${who} runs ${owner.exe}`;
  if (owner.package === null) return `${file}, which is how ${program.product} is called (no package brought it)`;
  const version = owner.package.version === null ? '' : ` ${owner.package.version}`;
  const brought = `${owner.package.manager} package ${owner.package.name}${version}`;
  if (packaged) return `${file} of ${brought}: ${program.product}`;
  return `${file}, which ${brought} brought but which was changed since: ${program.product} by its name`;
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

/** Holders that are known and serve nothing: `sleep` has inherited the socket. */
function servesNothing(subject: Subject, holders: readonly Holder[]): Claim | null {
  const [first] = holders;
  if (first === undefined || subject.owners.length > holders.length || subject.group.protocol === 'packet') return null;
  return {
    by: 'program',
    service: null,
    product: first.program.product,
    confidence: first.packaged ? 'certain' : 'likely',
    evidence: [
      `${evidenceOf(first)}, which serves nothing itself: it has inherited the socket, or holds it for another program`,
    ],
    excludesPort: true,
  };
}

/** `1:2.3.4-5+deb12u1` → `2.3.4`: the version its authors gave it. */
export function upstreamVersion(version: string | null): string | null {
  if (version === null) return null;
  return /^(?:\d+:)?([^-+~]+)/.exec(version)?.[1] ?? version;
}

/** Executable and package: the file that runs, in the process's own root. */
export const byProgram: Recogniser = (subject) => {
  const holders = holdersOf(subject);
  const best = mostTelling(holders);
  if (best === null) return servesNothing(subject, holders);
  const { program, owner } = best;
  const choice = serviceAt(program.services, subject.group);
  if (choice === null) return null;
  const evidence = [evidenceOf(best)];
  if (!choice.only)
    evidence.push(`${program.product} speaks ${program.services.join(', ')}; which of them at this port was not seen`);
  return {
    by: 'program',
    service: choice.service,
    product: program.product,
    version: upstreamVersion(owner.package?.version ?? null),
    confidence: best.packaged && choice.only ? 'certain' : 'likely',
    evidence,
  };
};
