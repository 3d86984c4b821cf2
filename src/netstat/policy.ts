import type { Network, PolicyRule, Route } from '../model/network.js';
import { left, right } from './text.js';

/** RT_TABLE_…, linux/rtnetlink.h. */
const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

const tableName = (table: number): string =>
  TABLES[table] === undefined ? String(table) : `${TABLES[table]} (${table})`;

const ALL_BITS = 0xffffffff;

/** What a rule asks of a packet, in the words of ip-rule(8). */
function selectorText(rule: PolicyRule): string {
  const words = [
    `from ${rule.source ?? 'all'}`,
    ...(rule.destination === null ? [] : [`to ${rule.destination}`]),
    ...(rule.tos === 0 ? [] : [`tos 0x${rule.tos.toString(16)}`]),
    ...(rule.mark === null
      ? []
      : [
          `fwmark 0x${rule.mark.toString(16)}${rule.markMask === null || rule.markMask === ALL_BITS ? '' : `/0x${rule.markMask.toString(16)}`}`,
        ]),
    ...(rule.inputInterface === null ? [] : [`iif ${rule.inputInterface}`]),
    ...(rule.outputInterface === null ? [] : [`oif ${rule.outputInterface}`]),
    ...(rule.l3mdev ? ['l3mdev'] : []),
    ...(rule.uidRange === null ? [] : [`uidrange ${rule.uidRange.join('-')}`]),
    ...(rule.ipProtocol === null ? [] : [`ipproto ${rule.ipProtocol}`]),
    ...(rule.sourcePorts === null ? [] : [`sport ${rule.sourcePorts.join('-')}`]),
    ...(rule.destinationPorts === null ? [] : [`dport ${rule.destinationPorts.join('-')}`]),
  ];
  return `${rule.invert ? 'not ' : ''}${words.join(' ')}`;
}

function actionText(rule: PolicyRule): string {
  if (rule.action === 'to_tbl') {
    const suppressed = rule.suppressPrefixLength === null ? '' : ` suppress_prefixlength ${rule.suppressPrefixLength}`;
    return `lookup ${rule.table === null ? '-' : tableName(rule.table)}${suppressed}`;
  }
  return rule.action === 'goto' ? `goto ${rule.goto ?? '-'}` : rule.action;
}

const COLUMNS = ['Destination', 'Type', 'Gateway', 'Metric', 'Source', 'Proto', 'Scope', 'Iface'] as const;
const METRIC = COLUMNS.indexOf('Metric');

/** A route has one way, or several next hops, each on a row of its own. */
function rowsOf(route: Route): readonly (readonly string[])[] {
  const ways =
    route.nextHops.length > 0
      ? route.nextHops.map(({ gateway, interface: device }) => ({ gateway, device }))
      : [{ gateway: route.gateway, device: route.interface }];
  return ways.map(({ gateway, device }, index) => [
    index === 0 ? route.destination : '',
    index === 0 ? route.type : 'nexthop',
    gateway ?? '-',
    String(route.metric),
    route.preferredSource ?? '-',
    route.protocol,
    route.scope,
    device ?? '-',
  ]);
}

/** Columns as wide as what stands in them, at least as net-tools' own. */
function tableText(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = COLUMNS.map((title, index) =>
    rows.reduce((most, row) => Math.max(most, row[index]?.length ?? 0), title.length),
  );
  return [COLUMNS, ...rows].map((row) =>
    row
      .map((cell, index) => (index === METRIC ? right(cell, widths[index] ?? 0) : left(cell, widths[index] ?? 0)))
      .join(' ')
      .trimEnd(),
  );
}

/** `netstat -r --all-tables`: the policy rules that choose a table, in their order, and every table. */
export function policyLines(network: Network, family: 'ipv4' | 'ipv6'): readonly string[] {
  const title = family === 'ipv4' ? 'Kernel IP' : 'Kernel IPv6';
  const rules = network.policyRules.filter((rule) => rule.family === family);
  const routes = network.routes.filter((route) => route.family === family);
  const order = [...new Set([...rules.flatMap(({ table }) => table ?? []), ...routes.map(({ table }) => table)])];
  const lines = [`${title} policy rules`, `${left('Priority', 10)} ${left('Action', 24)} Packets`];
  for (const rule of rules)
    lines.push(`${left(rule.priority, 10)} ${left(actionText(rule), 24)} ${selectorText(rule)}`);
  for (const table of order) {
    const own = routes.filter((route) => route.table === table);
    lines.push('', `${title} routing table ${tableName(table)}`);
    lines.push(...(own.length === 0 ? ['(empty)'] : tableText(own.flatMap(rowsOf))));
  }
  return lines;
}
