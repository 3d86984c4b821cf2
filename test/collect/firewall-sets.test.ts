import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listNft, type NftListing } from '../../src/collect/firewall/nft.js';
import { hostAt } from '../../src/collect/host.js';

const PLACE = { name: 'host', descriptor: null, own: true, procNet: null };
const set = (name: string, rest: object = {}): object => ({
  set: { family: 'inet', table: 't', name, type: 'ipv4_addr', ...rest },
});
const listing = (...entries: readonly object[]): string =>
  JSON.stringify({ nftables: entries }, null, 1).replace(/\n\s*/g, ' ');

describe('a ruleset whose elements are too many to list at once', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eho-'));
    mkdirSync(join(folder, '.commands'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What nft printed on a host where only these commands came to an end. */
  const listed = (commands: Readonly<Record<string, string>>): Promise<NftListing> => {
    for (const [command, text] of Object.entries(commands)) writeFileSync(join(folder, '.commands', command), text);
    return listNft(hostAt(folder), PLACE, []);
  };

  it('is listed set by set, and a set that is still too large is marked as unread, not as empty', async () => {
    const found = await listed({
      'nft -j -t list ruleset':
        '{"nftables": [{"set": {"family": "inet", "table": "t", "name": "few", "type": "ipv4_addr"}}, {"set": {"family": "inet", "table": "t", "name": "many", "type": "ipv4_addr"}}]}',
      'nft -j list set inet t few': listing(set('few', { elem: ['192.0.2.1'] })),
    });
    expect(found).toMatchObject({
      ok: true,
      gaps: [{ kind: 'firewall', what: 'elements of the set inet t many in namespace host' }],
    });
    if (!found.ok) return;
    expect(JSON.parse(found.rulesets[0]?.text ?? '')).toEqual({
      nftables: [set('few', { elem: ['192.0.2.1'] }), set('many', { 'earshot-unread': true })],
    });
  });

  it('is complete without elements where no set has a name', async () => {
    const text = '{"nftables": [{"table": {"family": "inet", "name": "t"}}]}';
    expect(await listed({ 'nft -j -t list ruleset': text })).toEqual({
      ok: true,
      rulesets: [{ format: 'nft-json', text, origin: 'nft -j list ruleset' }],
      gaps: [],
    });
  });

  it('is not read at all where nft is missing', async () => {
    expect(await listed({})).toEqual({ ok: false, why: 'the program nft is not installed' });
  });
});
