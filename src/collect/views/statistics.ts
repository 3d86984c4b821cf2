import type { Counter, CounterGroup } from '../../model/netstat.js';
import type { Host } from '../host.js';
import { fieldsOf, tableLines } from './table.js';

/** A line of names and a line of values, each after `GROUP:`, in the kernel's order. */
export function parseGroups(lines: readonly string[]): readonly CounterGroup[] {
  const groups: CounterGroup[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [title = '', ...names] = fieldsOf(lines[i] ?? '');
    const [, ...values] = fieldsOf(lines[i + 1] ?? '');
    groups.push({
      name: title.replace(/:$/, ''),
      counters: names.map((name, index) => ({ name, value: values[index] ?? '0' })),
    });
  }
  return groups;
}

/** `NAME VALUE` a line. */
export function parsePairs(lines: readonly string[]): readonly Counter[] {
  return lines.map((line) => {
    const [name = '', value = '0'] = fieldsOf(line);
    return { name, value };
  });
}

type Complain = (why: string) => void;

/** /proc/net/snmp, then /proc/net/netstat. */
export const readGroups = (host: Host, complain: Complain): readonly CounterGroup[] =>
  ['snmp', 'netstat'].flatMap((file) =>
    parseGroups(tableLines(host, `/proc/net/${file}`, 0, complain).filter((line) => line !== '')),
  );

export const readPairs = (host: Host, file: 'snmp6' | 'sctp/snmp', complain: Complain): readonly Counter[] =>
  parsePairs(tableLines(host, `/proc/net/${file}`, 0, complain));
