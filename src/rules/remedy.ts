import { quoteShell } from '../lib/escape/shell.js';
import type { Remediation } from '../model/finding.js';
import { isOwn } from './kinds.js';
import type { RecordData } from './language/values.js';
import type { SubjectRecord } from './record.js';
import type { Platform, RuleText, Step } from './rule.js';
import { PLATFORMS } from './rule.js';
import { closing, isInetdLine, isNamed, suits } from './suits.js';

/** Placeholders of commands and where their values come from. The first owner speaks for all. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  port: 'port',
  protocol: 'protocol',
  address: 'address',
  service: 'service.name',
  unit: 'owners.unit',
  pid: 'owners.pid',
  process: 'owners.name',
  package: 'owners.package.name',
  exe: 'owners.exe',
  user: 'owners.user',
  container: 'owners.container.name',
  image: 'owners.container.image',
  interface: 'name',
  device: 'device',
  file: 'owners.inetd.file',
  line: 'owners.inetd.line',
  display: 'port',
  namespace: 'namespace.name',
  chain: 'inputChain',
  ports: 'port',
  target: 'target.port',
  runtime: 'owners.container.runtime',
};

/** A value as one word of sh. null: it cannot be shown safely; a leading dash would be read as an option, quoted or not. */
const shellWord = (text: string): string | null => (text === '' || text.startsWith('-') ? null : quoteShell(text));

function first(record: RecordData, field: string): string | null {
  let at: unknown = record;
  for (const step of field.split('.')) {
    if (Array.isArray(at)) at = at.find((each: unknown) => typeof each === 'object' && each !== null) ?? null;
    at = typeof at === 'object' && at !== null ? (at as RecordData)[step] : null;
  }
  return typeof at === 'string' || typeof at === 'number' ? String(at) : null;
}

const X11_PORT = 6000;

/** Runtimes whose programs take the same words as docker(1). */
const LIKE_DOCKER: ReadonlySet<string> = new Set(['docker', 'podman', 'nerdctl']);

/** What a placeholder stands for. An X display is the port's distance from 6000; several published ports are a range, as nft writes it. */
function filledWith(name: string, field: string, record: RecordData): string | null {
  const value = first(record, field);
  if (name === 'runtime') return value !== null && LIKE_DOCKER.has(value) ? value : null;
  if (name === 'ports') {
    const end = first(record, 'portEnd');
    return value === null || end === null ? value : `${value}-${end}`;
  }
  if (name !== 'display' || value === null) return value;
  const display = Number(value) - X11_PORT;
  return display >= 0 && display < 64 ? String(display) : null;
}

/** A template with `{port}` and its kin replaced; what is no placeholder stays. */
function replaced(template: string, fillIn: (name: string, field: string) => string): string {
  let text = '';
  let from = 0;
  for (let at = template.indexOf('{'); at >= 0; at = template.indexOf('{', at + 1)) {
    const end = template.indexOf('}', at);
    if (end < 0) break;
    const name = template.slice(at + 1, end);
    const field = Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined;
    if (field === undefined) continue;
    text += template.slice(from, at) + fillIn(name, field);
    from = end + 1;
  }
  return from === 0 ? template : text + template.slice(from);
}

/** A command, filled in. null: a value is not known or not safe to show, so the command would be wrong. */
function fill(template: string, record: RecordData): string | null {
  let complete = true;
  const text = replaced(template, (name, field) => {
    const value = filledWith(name, field, record);
    const word = value === null ? null : shellWord(value);
    if (word === null) complete = false;
    return word ?? '';
  });
  return complete ? text : null;
}

/**
 * nft changes the rules of the namespace it runs in (nft(8)), so for a listener of another one it is told to enter that. null: nobody lives there
 * whose namespace could be entered.
 */
function inItsNamespace(command: string | null, record: SubjectRecord): string | null {
  if (command === null || !command.startsWith('nft ')) return command;
  const name = first(record.data, 'namespace.name');
  if (name === null || name === 'host') return command;
  // What holds the target of a published port lives elsewhere.
  const pid = record.id.startsWith('published/') ? null : first(record.data, 'owners.pid');
  return pid === null ? null : `nsenter --target ${pid} --net ${command}`;
}

function toRemediation(step: Step, platform: Platform, record: SubjectRecord): Remediation | null {
  const command = step.command === '' ? '' : inItsNamespace(fill(step.command, record.data), record);
  const undo = step.undo === '' ? '' : inItsNamespace(fill(step.undo, record.data), record);
  const what = replaced(step.what, (name, field) => {
    const value = filledWith(name, field, record.data);
    return value === null || quoteShell(value) === null ? name : value;
  });
  // A filter inside of a namespace keeps the host itself out as well.
  const elsewhere = command?.startsWith('nsenter ') === true && step.command.startsWith('nft ');
  // A step whose command lacks a value would be half a command: what it does is still worth saying.
  return {
    what: elsewhere ? what.replace('only this host', 'only its own namespace') : what,
    command: command ?? '',
    platform,
    ...(undo === null || undo === '' || command === null ? {} : { undo }),
  };
}

/** Platforms of a rule that this host is, the most particular first. */
function chosenPlatforms(text: RuleText, record: SubjectRecord, platforms: readonly string[]): readonly Platform[] {
  const container = record.owners.find((owner) => owner.container !== null)?.container ?? null;
  const isA = (platform: Platform): boolean => {
    switch (platform) {
      case 'docker':
        return container !== null && (container.pod ?? null) === null;
      case 'kubernetes':
        return container !== null && (container.pod ?? null) !== null;
      case 'debian':
        return platforms.some((each) => ['debian', 'ubuntu'].includes(each));
      case 'rhel':
        return platforms.some((each) =>
          ['rhel', 'fedora', 'centos', 'rocky', 'almalinux', 'amzn', 'suse'].includes(each),
        );
      case 'alpine':
        return platforms.includes('alpine');
      case 'systemd':
        return record.owners.some((owner) => owner.unit !== null);
      case 'generic':
        return true;
    }
  };
  const own = PLATFORMS.filter((platform) => text.remediation[platform] !== undefined);
  const fitting = own.filter(isA);
  if (container !== null && fitting.some((each) => each === 'docker' || each === 'kubernetes'))
    return fitting.filter((each) => each === 'docker' || each === 'kubernetes' || each === 'generic');
  if (fitting.some((each) => each !== 'generic')) return fitting;
  // Nothing is known of the host: every way is shown, with the name of its platform.
  return platforms.length === 0 ? own : fitting.length > 0 ? fitting : own;
}

const STEPS_MAX = 12;

/** A step and the platform that it is for. */
export interface Placed {
  readonly step: Step;
  readonly platform: Platform;
}

/** The rule's steps that suit who holds the listener, and before them the one that closes it where the rule's own speak of other programs. */
function suitable(steps: readonly Placed[], record: SubjectRecord): readonly Placed[] {
  const suited = steps.filter(({ step }) => suits(step, record.owners));
  const closes = closing(record.owners);
  if (closes === null) return suited;
  const told = suited.length === steps.length || suited.some(({ step }) => isNamed(step));
  if (told && !isInetdLine(closes)) return suited;
  return [{ step: closes, platform: 'generic' }, ...suited];
}

/** The steps of a rule for this host and for who holds the subject; nothing is filled in yet. */
export function stepsFor(text: RuleText, record: SubjectRecord, platforms: readonly string[]): readonly Placed[] {
  const steps = chosenPlatforms(text, record, platforms).flatMap((platform) =>
    (text.remediation[platform] ?? []).map((step) => ({ step, platform })),
  );
  return suitable(steps, record);
}

/** True: what the steps say is another thing for each listener of one kind (kinds.ts). */
export const speaksOfOne = (steps: readonly Placed[]): boolean =>
  steps.some(({ step }) => {
    let own = false;
    const look = (_: string, field: string): string => {
      own ||= isOwn(field);
      return '';
    };
    for (const template of [step.what, step.command, step.undo]) replaced(template, look);
    return own;
  });

/** Steps filled in for a subject: what to do about a finding on this host. */
export function filledIn(steps: readonly Placed[], record: SubjectRecord): readonly Remediation[] {
  const seen = new Set<string>();
  return steps
    .flatMap(({ step, platform }) => toRemediation(step, platform, record) ?? [])
    .filter(({ what, command }) => {
      const key = `${what}\n${command}`;
      return seen.has(key) ? false : seen.add(key) !== undefined;
    })
    .slice(0, STEPS_MAX);
}
