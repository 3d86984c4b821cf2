import { type Escaped, joined } from '../lib/escape/escaped.js';
import { quoteShell } from '../lib/escape/shell.js';
import { type CiLog, escapeTerminal, guardLog } from '../lib/escape/terminal.js';
import type { Because, Exposure } from '../model/exposure.js';
import type { Finding } from '../model/finding.js';
import type { Listener, Owner } from '../model/listener.js';
import type { Published, Report } from '../model/report.js';
import type { Service } from '../model/service.js';

/** What is explained: a listener, or a port that NAT takes elsewhere. */
export type Subject =
  | { readonly kind: 'listener'; readonly listener: Listener }
  | { readonly kind: 'published'; readonly published: Published };

type Text = Escaped<'terminal'>;

/** Characters of one foreign value that are shown. */
const VALUE_MAX = 1_000;
/** Owners, zones and lines of one kind that are shown; the rest is counted. */
const SHOWN_MAX = 12;
const LABEL_COLUMNS = 13;

const safe = (text: string): Text => escapeTerminal(text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text);
const plain = (text: string): Text => text as Text;

/** A page of labelled paragraphs, wrapped at words; a command is never broken. */
class Sheet {
  readonly #columns: number;
  readonly #ci: CiLog;
  readonly #lines: Text[] = [];

  constructor(columns: number, ci: CiLog) {
    this.#columns = Math.max(40, columns);
    this.#ci = ci;
  }

  heading(text: string): void {
    if (this.#lines.length > 0) this.#lines.push(plain(''));
    this.#lines.push(safe(text));
  }

  /** One paragraph beside its label; an empty label continues the one above. */
  row(label: string, text: string, indent = ''): void {
    const start = label.padEnd(LABEL_COLUMNS) + indent;
    const room = this.#columns - start.length;
    let line = '';
    let first = true;
    const flush = (): void => {
      this.#lines.push(plain(`${first ? start : ' '.repeat(start.length)}${line}`.trimEnd()));
      first = false;
      line = '';
    };
    for (const word of safe(text).split(' ')) {
      if (line !== '' && line.length + 1 + word.length > room) flush();
      line = line === '' ? word : `${line} ${word}`;
    }
    flush();
  }

  list(label: string, items: readonly string[]): void {
    for (const [index, item] of items.slice(0, SHOWN_MAX).entries()) this.row(index === 0 ? label : '', item, '- ');
    if (items.length > SHOWN_MAX) this.row('', `- and ${items.length - SHOWN_MAX} more`);
  }

  command(text: string): void {
    for (const line of text.split('\n')) this.#lines.push(plain(`${' '.repeat(LABEL_COLUMNS)}  ${safe(line)}`));
  }

  toString(): string {
    return guardLog(`${joined(this.#lines, plain('\n'))}\n`, this.#ci);
  }
}

const many = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

const STATES: Readonly<Record<NonNullable<Owner['exeState']>, string>> = {
  present: '',
  replaced: ', replaced by an upgrade since it started: restart it',
  deleted: ', deleted since it started',
  memfd: ', runs from memory and has no file',
  unreadable: '',
};

function socketRows(sheet: Sheet, listener: Listener): void {
  const place =
    listener.protocol === 'unix'
      ? listener.address
      : [listener.address, listener.port === null ? null : `port ${listener.port}`]
          .filter((part) => part !== null)
          .join(' ');
  sheet.row(
    'Socket',
    [listener.protocol, place, listener.family, listener.device === null ? null : `bound to ${listener.device}`]
      .filter((part) => part !== null && part !== '')
      .join(', '),
  );
  sheet.row(
    '',
    `${many(listener.sockets, 'socket')} in namespace ${listener.namespace.name} (${listener.namespace.id})${listener.mptcp === true ? ', Multipath TCP' : ''}`,
  );
  if (listener.means.length > 0) sheet.row('', `it stands for ${listener.means.join(', ')}`);
  if (listener.file?.present === false) sheet.row('', 'its file is gone: another one stands at that path, or none');
  else if (listener.file !== null)
    sheet.row('', `file mode ${listener.file.mode}, owner ${listener.file.user}, group ${listener.file.group}`);
  if (listener.queue !== null)
    sheet.row('', `${listener.queue.used} of ${listener.queue.max ?? 'an unknown number of'} waiting connections`);
  if (listener.clients !== null) {
    const from =
      listener.clients.addresses.length === 0
        ? ''
        : ` from ${listener.clients.addresses.slice(0, SHOWN_MAX).join(', ')}`;
    sheet.row('', `${many(listener.clients.count, 'established connection')}${from}`);
  }
  if (listener.listening === 'possible')
    sheet.row('', 'its port is one that the kernel deals out: it may only wait for answers to its own questions');
}

function ownerRows(sheet: Sheet, owner: Owner, label: string): void {
  if (owner.kind === 'kernel') {
    sheet.row(label, `the kernel${owner.name === null ? '' : ` (${owner.name})`}`);
    return;
  }
  sheet.row(
    label,
    `process ${owner.pid ?? 'of unknown number'}, called ${owner.name ?? 'nothing'}${owner.user === null ? '' : `, user ${owner.user}`}`,
  );
  if (owner.exe !== null || owner.exeState !== null)
    sheet.row('', `executable ${owner.exe ?? 'not readable'}${owner.exeState === null ? '' : STATES[owner.exeState]}`);
  if (owner.exeWritable === true) sheet.row('', 'anybody may write or replace that file');
  if (owner.posesAsKernel) sheet.row('', 'it wears the name of a kernel thread, and is none');
  if (owner.script !== null) sheet.row('', `runs ${owner.script}`);
  if (owner.args.length > 0) sheet.row('', `arguments ${owner.args.join(' ')}`);
  if (owner.parents.length > 0) sheet.row('Started by', owner.parents.join(' < '));
  if (owner.unit !== null) sheet.row('Unit', owner.unit);
  if (owner.inetd !== null)
    sheet.row('Inetd', `${owner.inetd.file} line ${owner.inetd.line} starts ${owner.inetd.program}`);
  packageRows(sheet, owner);
  if (owner.container !== null) {
    const { runtime, id, name, image, pod } = owner.container;
    sheet.row(
      'Container',
      `${runtime} ${name ?? id.slice(0, 12)}${image === null ? '' : `, image ${image}`}${pod ? `, pod ${pod}` : ''}`,
    );
  }
  const confined = owner.sandbox.length === 0 ? null : `confined by ${owner.sandbox.join(', ')}`;
  const able = abilities(owner.capabilities);
  if (confined !== null || able !== null)
    sheet.row('Power', [able, confined].filter((part) => part !== null).join('; '));
}

/** A set so large is nearly every one: only whether it holds the key to the others is told. */
const CAPABILITIES_SHOWN_MAX = 12;

function abilities(capabilities: Owner['capabilities']): string | null {
  if (capabilities === null || capabilities.length === 0) return null;
  if (capabilities.length <= CAPABILITIES_SHOWN_MAX) return `capabilities ${capabilities.join(' ')}`;
  return `${capabilities.length} capabilities${capabilities.includes('sys_admin') ? ', sys_admin among them' : ''}`;
}

function packageRows(sheet: Sheet, owner: Owner): void {
  if (owner.package === null) return;
  const { manager, name, version, modified } = owner.package;
  const changed =
    modified === true ? ', and the file is not what it brought' : modified === false ? ', unchanged since' : '';
  sheet.row('Package', `${name}${version === null ? '' : ` ${version}`} (${manager})${changed}`);
}

const CONFIDENCE: Readonly<Record<NonNullable<Service['confidence']>, string>> = {
  certain: 'certain',
  likely: 'likely: it rests on names that could lie',
  'port-only': 'by the port alone',
};

function serviceRows(sheet: Sheet, service: Service): void {
  const product = [service.product, service.version].filter((part) => part !== null).join(' ');
  const sure = service.confidence === null ? '' : ` (${CONFIDENCE[service.confidence]})`;
  sheet.row('Service', `${service.name ?? 'unknown'}${product === '' ? '' : `, ${product}`}${sure}`);
  sheet.list('', service.evidence);
  if (service.disagreement !== null) sheet.row('', `They disagree: ${service.disagreement}`);
  if (service.relayTo !== null) {
    const { address, port, listener } = service.relayTo;
    sheet.row(
      '',
      `It only passes on, to ${address}${port === null ? '' : ` port ${port}`}${listener === null ? ' (nothing was seen listening there)' : `, which is ${listener}`}`,
    );
  }
  if (service.authentication !== null)
    sheet.row('', service.authentication === 'none' ? 'It lets anybody in' : 'It asks who you are');
  if (service.encryption !== null)
    sheet.row(
      '',
      service.encryption === 'tls' ? 'What it speaks is encrypted' : 'What it speaks can be read on the way',
    );
}

const because = ({ kind, backend, family, table, chain, number, handle, rule, verdict }: Because): string => {
  const where = [backend === null ? null : backend === 'legacy' ? 'iptables' : 'nft', family, table, chain]
    .filter((part) => part !== null)
    .join(' ');
  const which = number !== null ? ` rule ${number}` : handle !== null ? ` handle ${handle}` : '';
  return kind === 'routing'
    ? `routing: ${rule}`
    : kind === 'policy'
      ? `policy ${verdict} of ${where}`
      : `${where}${which}: ${rule || verdict}`;
};

function exposureRows(sheet: Sheet, exposure: Exposure | null): void {
  if (exposure === null) {
    sheet.row('Reachable', 'it hears what passes; nobody connects to it');
    return;
  }
  sheet.row(
    'Reachable',
    `from ${exposure.widest === 'none' ? 'nowhere' : exposure.widest}${exposure.access ? ` (${exposure.access})` : ''}`,
  );
  for (const zone of exposure.zones.slice(0, SHOWN_MAX)) {
    const through = zone.interface === null ? '' : ` through ${zone.interface}`;
    const sources =
      zone.sources.length === 0
        ? ''
        : ` from ${zone.sources.slice(0, 4).join(', ')}${zone.sources.length > 4 ? ' and more' : ''}`;
    const conditions = zone.conditions.length === 0 ? '' : `, if ${zone.conditions.join('; ')}`;
    sheet.row('', `${zone.zone}${through}: ${zone.reachable}${sources}${conditions}`, '- ');
    for (const reason of zone.because.slice(0, SHOWN_MAX)) sheet.row('', because(reason), '    ');
  }
  if (exposure.zones.length > SHOWN_MAX) sheet.row('', `- and ${exposure.zones.length - SHOWN_MAX} more`);
}

/** Bullets below a heading of a rule's help, which is Markdown of our own. */
function helpBullets(help: string, title: string): readonly string[] {
  const at = help.indexOf(`## ${title}\n`);
  if (at < 0) return [];
  const section = help.slice(at + title.length + 4).split(/^## /m)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(2));
}

function findingRows(sheet: Sheet, finding: Finding, report: Report): void {
  sheet.row(
    'Rule',
    `${finding.severity}: ${finding.title} (${finding.ruleId}, ${finding.status}, fingerprint ${finding.fingerprint})`,
  );
  sheet.row('', finding.rationale);
  sheet.list(
    '',
    finding.evidence.map(({ field, value, why }) => `${field} is ${value}${why === '' ? '' : `: ${why}`}`),
  );
  if (finding.waiver !== null)
    sheet.row('', `${finding.waiver.owner} accepted it until ${finding.waiver.expires}: ${finding.waiver.reason}`);
  for (const { file, line, what } of finding.locations)
    if (file !== '') sheet.row('', `${what === '' ? 'stands in' : what}: ${file} line ${line}`);
  const help = report.rules.find((rule) => rule.id === finding.ruleId)?.help ?? '';
  sheet.list('Fine when', helpBullets(help, 'When it is fine'));
}

/** Everything that, if it were otherwise, would give another answer. */
function changes(
  id: string,
  service: Service,
  exposure: Exposure | null,
  owners: readonly Owner[],
  complete: boolean,
  report: Report,
): readonly string[] {
  const found: string[] = [];
  if (owners.length === 0)
    found.push('who holds it was not seen: as root more is seen, and the service may get another name');
  else if (!complete) found.push('a process that was not searched could hold it too');
  if (service.name === null) found.push('nothing says what answers: `--probe` asks it');
  else if (service.confidence === 'port-only') found.push('only the port says what answers: `--probe` asks it');
  else if (service.confidence === 'likely')
    found.push('names could lie: a handshake (`--probe`) or a package would settle it');
  if (service.relayTo !== null && service.relayTo.listener === null)
    found.push('what answers at the target was not seen');
  for (const zone of exposure?.zones ?? [])
    if (zone.reachable === 'conditional')
      for (const condition of zone.conditions) found.push(`${zone.zone}: ${condition}`);
  for (const gap of report.collection.gaps)
    if (gap.what.includes(id)) found.push(`${gap.what}: ${gap.why}${gap.fix === '' ? '' : ` (${gap.fix})`}`);
  return [...new Set(found)];
}

/** How to close what no rule objects to, by who holds it. */
function closing(owners: readonly Owner[]): readonly { readonly what: string; readonly command: string }[] {
  for (const { unit, inetd, container, pid } of owners) {
    const name = container === null ? null : quoteShell(container.name ?? container.id);
    if (container !== null && name !== null && /^(?:docker|podman)$/.test(container.runtime))
      return [{ what: 'stop the container', command: `${container.runtime} stop -- ${name}` }];
    if (inetd !== null)
      return [
        {
          what: `put a # before line ${inetd.line} of ${inetd.file}, then let the super server read it again`,
          command: pid === null ? '' : `kill -HUP ${pid}`,
        },
      ];
    const quoted = unit === null ? null : quoteShell(unit);
    if (quoted !== null && /\.(?:service|socket)$/.test(unit ?? ''))
      return [{ what: 'stop its unit, now and at the next start', command: `systemctl disable --now -- ${quoted}` }];
  }
  const [first] = owners;
  return first?.pid === undefined || first.pid === null || first.pid === 1
    ? []
    : [{ what: 'end the process (whatever started it may start it again)', command: `kill ${first.pid}` }];
}

function closingRows(sheet: Sheet, findings: readonly Finding[], owners: readonly Owner[]): void {
  const steps = findings.flatMap((finding) => finding.remediation);
  const seen = new Set<string>();
  let label = 'Close it';
  for (const { what, command } of steps.length > 0 ? steps : closing(owners)) {
    if (seen.has(`${what}\n${command}`)) continue;
    seen.add(`${what}\n${command}`);
    sheet.row(label, what);
    if (command !== '') sheet.command(command);
    label = '';
  }
}

/** The whole chain for one subject: socket, process, unit, package, container, service, exposure, rules, and how to close it. */
export function explanation(subject: Subject, report: Report, columns: number, ci: CiLog): string {
  const sheet = new Sheet(columns, ci);
  const one = subject.kind === 'listener' ? subject.listener : subject.published;
  const findings = report.findings.filter((finding) => finding.subject === one.id && finding.status !== 'resolved');
  sheet.heading(one.id);
  sheet.row('', '');
  if (subject.kind === 'listener') socketRows(sheet, subject.listener);
  else {
    const { target, via } = subject.published;
    sheet.row('Published', `${because(via)}`);
    sheet.row(
      '',
      `takes packets for it to ${target.address}${target.port === null ? '' : ` port ${target.port}`}${target.listener === null ? '' : `, which is ${target.listener}`}`,
    );
  }
  for (const [index, owner] of one.owners.slice(0, SHOWN_MAX).entries())
    ownerRows(sheet, owner, index === 0 ? 'Held by' : 'and by');
  if (one.owners.length === 0)
    sheet.row(
      'Held by',
      subject.kind === 'listener' && subject.listener.ownersComplete ? 'no process' : 'nobody that was seen',
    );
  if (one.owners.length > SHOWN_MAX) sheet.row('', `and ${one.owners.length - SHOWN_MAX} more`);
  serviceRows(sheet, one.service);
  exposureRows(sheet, one.exposure);
  for (const finding of findings) findingRows(sheet, finding, report);
  if (findings.length === 0) sheet.row('Rules', 'none objects to it');
  const complete = subject.kind === 'published' || subject.listener.ownersComplete;
  sheet.list('It depends', changes(one.id, one.service, one.exposure, one.owners, complete, report));
  closingRows(sheet, findings, one.owners);
  return sheet.toString();
}
