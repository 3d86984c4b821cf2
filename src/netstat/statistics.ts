import type { Counter, NetstatFacts } from '../model/netstat.js';
import type { Counted } from './flags.js';
import { type Phrase, phrasesOf } from './phrases.js';

type Mark = Phrase['mark'];

/** Indents and headings as net-tools has them: counters of ICMP types stand below a heading, deeper. */
const DEEP = 8;
const SHALLOW = 4;
const HEADINGS: Readonly<Partial<Record<Mark, string>>> = {
  '<': 'ICMP input histogram:',
  '>': 'ICMP output histogram:',
};
const isHistogram = (mark: Mark): boolean => mark === '<' || mark === '>';

/** Which flag shows a group; a group that is not here is always shown. */
const SHOWN_BY: Readonly<Record<string, keyof Counted>> = {
  Ip: 'raw',
  Icmp: 'raw',
  Tcp: 'tcp',
  Udp: 'udp',
  Sctp: 'sctp',
  TcpExt: 'tcp',
};
const SHOWN_BY_6: Readonly<Record<string, keyof Counted>> = { Ip6: 'raw', Icmp6: 'raw', Udp6: 'udp', Tcp6: 'tcp' };

/** 64 bits as C's `strtoull` has them: a negative number wraps around. */
const unsigned64 = (value: string): bigint => BigInt.asUintN(64, BigInt(/^-?\d+$/.test(value) ? value : '0'));

/** Writes groups of counters. What indents a counter without a phrase is the counter before it, over the end of a group that is not known. */
class Writer {
  readonly lines: string[] = [];
  #mark: Mark = '=';

  title(group: string, known: boolean, shown: boolean): void {
    if (shown) this.lines.push(`${group}:`);
    if (known) this.#mark = '=';
  }

  counter({ name, value }: Counter, phrase: Phrase | undefined): void {
    const number = unsigned64(value);
    if (phrase === undefined) {
      const indent = isHistogram(this.#mark) ? DEEP : SHALLOW;
      if (number !== 0n) this.lines.push(`${' '.repeat(indent)}${name}: ${number}`);
      return;
    }
    const { mark, text } = phrase;
    if (mark === '-') return;
    const heading = HEADINGS[mark];
    if (heading !== undefined && this.#mark !== mark)
      this.lines.push(`${' '.repeat(isHistogram(this.#mark) ? DEEP : SHALLOW)}${heading}`);
    if (mark === '=' || number !== 0n)
      this.lines.push(`${' '.repeat(isHistogram(mark) ? DEEP : SHALLOW)}${text.replace('#', String(number))}`);
    this.#mark = mark;
  }

  group(
    name: string,
    counters: readonly Counter[],
    shownBy: Readonly<Record<string, keyof Counted>>,
    counted: Counted,
  ) {
    const flag = shownBy[name];
    const shown = flag === undefined || counted[flag];
    const phrases = flag === undefined ? null : phrasesOf(name);
    this.title(name, flag !== undefined, shown);
    if (shown) for (const counter of counters) this.counter(counter, phrases?.get(counter.name));
  }
}

/** `netstat -s`. */
export function statisticsLines(facts: NetstatFacts, counted: Counted): readonly string[] {
  const writer = new Writer();
  for (const { name, counters } of facts.statistics) writer.group(name, counters, SHOWN_BY, counted);
  if (facts.sctpStatistics.length > 0) writer.group('Sctp', facts.sctpStatistics, SHOWN_BY, counted);
  return writer.lines;
}

/** A counter of snmp6 belongs to the group before it while its name holds that group's; else it names a new one, up to its `6`. */
function groups6(counters: readonly Counter[]): readonly { readonly name: string; readonly counters: Counter[] }[] {
  const groups: { readonly name: string; readonly counters: Counter[] }[] = [];
  for (const counter of counters) {
    const last = groups.at(-1);
    if (last?.counters !== undefined && counter.name.includes(last.name)) last.counters.push(counter);
    else groups.push({ name: counter.name.replace(/6.*/, '6'), counters: [counter] });
  }
  return groups;
}

/** `netstat -s -6`: snmp6, and the groups of snmp whose name starts with `Tcp`. */
export function statistics6Lines(facts: NetstatFacts, counted: Counted): readonly string[] {
  const writer = new Writer();
  for (const { name, counters } of groups6(facts.statistics6)) writer.group(name, counters, SHOWN_BY_6, counted);
  const [tcp] = facts.statistics.filter(({ name }) => name === 'Tcp');
  if (tcp !== undefined) writer.group('Tcp', tcp.counters, SHOWN_BY, counted);
  return writer.lines;
}
