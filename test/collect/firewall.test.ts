import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readFirewall } from '../../src/collect/firewall/firewall.js';
import { complaint, type FirewallPlace, runInside } from '../../src/collect/firewall/place.js';
import { liveHost } from '../../src/collect/host.js';
import { closeDescriptor, openNamespace } from '../../src/linux/namespaces.js';
import type { Reading } from '../../src/model/gap.js';
import type { Firewall } from '../../src/model/network.js';
import { parseNft } from '../../src/reach/frontends/nft.js';
import { itNeeds, needs } from '../needs.js';

/** Of this run alone: several may run at once on one machine. */
const NAMESPACE = `eho-fw-${process.pid}`;
const sh = (...words: readonly string[]): string => {
  const [command = '', ...args] = words;
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
};
const inside = (...words: readonly string[]): string => sh('ip', 'netns', 'exec', NAMESPACE, ...words);
const isRoot = process.getuid?.() === 0;

async function read(procNet: string | null = null): Promise<Reading<Firewall>> {
  const opened = openNamespace(`/run/netns/${NAMESPACE}`);
  if (!opened.ok) throw new Error(opened.why);
  try {
    const place: FirewallPlace = { name: NAMESPACE, descriptor: opened.value, own: false, procNet };
    return await readFirewall(liveHost(), place);
  } finally {
    closeDescriptor(opened.value);
  }
}

describe('the firewall of a namespace', () => {
  const fresh = (): void => {
    if (!isRoot) return;
    try {
      sh('ip', 'netns', 'del', NAMESPACE);
    } catch {
      // It was not there.
    }
  };
  beforeAll(fresh);
  afterAll(fresh);
  const ready = [needs.root, needs.program('ip'), needs.program('nft'), needs.program('nsenter')];
  const made = (body: () => Promise<void>) => async (): Promise<void> => {
    fresh();
    sh('ip', 'netns', 'add', NAMESPACE);
    try {
      await body();
    } finally {
      fresh();
    }
  };

  itNeeds(
    ready,
    'is read and empty where there is no table, and reading creates none',
    made(async () => {
      expect(await read()).toEqual({ value: { read: true, rulesets: [], unreadTables: [] }, gaps: [] });
      expect(inside('cat', '/proc/self/net/ip_tables_names')).toBe('');
      expect(inside('nft', 'list', 'tables')).toBe('');
    }),
  );

  itNeeds(
    ready,
    'is listed table by table where one is dormant, which nft 1.0.6 cannot say in JSON',
    made(async () => {
      const drop = '{ type filter hook input priority 0; policy drop; }';
      inside('nft', `add table inet off { flags dormant; }; add chain inet off c ${drop}`);
      inside('nft', `add table ip on; add chain ip on c ${drop}; add table ip late { flags dormant; }`);
      const { value, gaps } = await read();
      expect(gaps).toEqual([]);
      const [listing] = value.rulesets;
      const found = parseNft(listing?.text ?? '', listing?.origin ?? '');
      expect(found.problems).toEqual([]);
      expect(found.base.map(({ chain }) => `${chain.family} ${chain.table}`)).toEqual(['ip on']);
      expect(listing?.text).toContain('{"table":{"family":"inet","name":"off","flags":["dormant"]}}');
      expect(listing?.text).toContain('{"table":{"family":"ip","name":"on"}}');
    }),
  );

  itNeeds(
    ready,
    'is what nft lists, with the elements of named sets',
    made(async () => {
      inside(
        'nft',
        'add table inet t; add set inet t s { type ipv4_addr; elements = { 192.0.2.1 }; }; add chain inet t c { type filter hook input priority 0; policy drop; }; add rule inet t c ip saddr @s tcp dport { 22, 80 } accept',
      );
      const { value, gaps } = await read();
      expect(gaps).toEqual([]);
      expect(value.rulesets.map(({ format, origin }) => ({ format, origin }))).toEqual([
        { format: 'nft-json', origin: 'nft -j list ruleset' },
      ]);
      expect(JSON.parse(value.rulesets[0]?.text ?? '')).toEqual(JSON.parse(inside('nft', '-j', 'list', 'ruleset')));
      expect(value.rulesets[0]?.text).toContain('192.0.2.1');
    }),
  );

  itNeeds(
    [...ready, needs.program('iptables-nft')],
    'reads the matches that nft cannot show from iptables-nft-save',
    made(async () => {
      inside('iptables-nft', '-A', 'INPUT', '-p', 'tcp', '-m', 'recent', '--name', 'x', '--rcheck', '-j', 'DROP');
      const { value, gaps } = await read();
      expect(gaps).toEqual([]);
      expect(value.rulesets.map(({ format }) => format)).toEqual(['nft-json', 'iptables-nft-save']);
      expect(value.rulesets[1]?.text).toContain('-m recent --rcheck');
    }),
  );

  itNeeds(
    [...ready, needs.program('iptables-legacy'), needs.program('ipset')],
    'reads the legacy tables that exist and creates no other, and the sets they ask',
    made(async () => {
      inside('ipset', 'create', 'bad', 'hash:ip');
      inside('ipset', 'add', 'bad', '192.0.2.66');
      inside('iptables-legacy', '-A', 'INPUT', '-m', 'set', '--match-set', 'bad', 'src', '-j', 'DROP');
      const before = inside('cat', '/proc/self/net/ip_tables_names');
      const { value, gaps } = await read();
      expect(gaps).toEqual([]);
      expect(value.rulesets.map(({ format, origin }) => ({ format, origin }))).toEqual([
        { format: 'iptables-legacy-save', origin: 'iptables-legacy-save -t filter' },
        { format: 'ipset-save', origin: 'ipset save' },
      ]);
      expect(value.rulesets[1]?.text).toContain('add bad 192.0.2.66');
      expect(before).toBe('filter\n');
      expect(inside('cat', '/proc/self/net/ip_tables_names')).toBe(before);
    }),
  );

  itNeeds(ready, 'says that the namespace could not be entered instead of calling it open', async () => {
    const place: FirewallPlace = { name: 'web', descriptor: null, own: false, procNet: null };
    const { value, gaps } = await readFirewall(liveHost(), place);
    expect(value).toEqual({ read: false, rulesets: [], unreadTables: [] });
    expect(gaps).toMatchObject([
      { kind: 'firewall', what: 'firewall of namespace web', why: expect.stringContaining('EACCES') },
    ]);
  });

  itNeeds(
    ready,
    'says of a program that is missing, here or in the namespace, that it is not installed',
    made(async () => {
      const opened = openNamespace(`/run/netns/${NAMESPACE}`);
      if (!opened.ok) throw new Error(opened.why);
      for (const own of [true, false]) {
        const place: FirewallPlace = { name: 'web', descriptor: opened.value, own, procNet: null };
        const ran = await runInside(liveHost(), place, 'eho-no-such-program', []);
        expect(complaint('eho-no-such-program', ran)).toBe('the program eho-no-such-program is not installed');
      }
      closeDescriptor(opened.value);
    }),
  );
});
