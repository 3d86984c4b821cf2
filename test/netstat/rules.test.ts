import { describe, expect, it } from 'vitest';
import type { Network } from '../../src/model/network.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { judge, loadRules } from '../../src/rules/rules.js';
import { readOne } from '../dialects/from.js';

const SOCKETS = `Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
`;
const FLOODED = `Tcp:
    400000 segments received
    250000 resets sent
    30 connection resets received
TcpExt:
    250000 SYN cookies sent
    5000 times the listen queue of a socket overflowed
`;
const CALM = `Tcp:
    400000 segments received
    20 resets sent
    30 connection resets received
TcpExt:
    2 SYN cookies sent
`;
const INTERFACES = `Kernel Interface table
Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0             1500  1000000   9000      0 0       900000      0      0      0 BMPRU
`;
const GROUPS = `IPv6/IPv4 Group Memberships
Interface       RefCnt Group
--------------- ------ ---------------------
eth0            1      224.0.0.252
eth0            1      224.0.0.1
`;

async function found(snapshot: Snapshot): Promise<readonly string[]> {
  const open = async () => [];
  const rules = await loadRules({ builtin: true, paths: [], config: null, cwd: '/', open });
  const matches = await judge(rules, { snapshot, listeners: [], published: [] });
  return matches.map((match) => match.ruleId);
}

describe('what netstat shows is judged', () => {
  it('finds a flood in the statistics: cookies, overflows and resets', async () => {
    const ids = await found(await readOne(SOCKETS, FLOODED));
    expect(ids).toEqual(expect.arrayContaining(['syn-cookies-sent', 'accept-queue-overflows', 'resets-sent-often']));
  });

  it('finds nothing in the statistics of a calm host, and nothing where there are none', async () => {
    const signs = ['syn-cookies-sent', 'accept-queue-overflows', 'resets-sent-often'];
    for (const captures of [[SOCKETS, CALM], [SOCKETS]])
      expect((await found(await readOne(...captures))).filter((id) => signs.includes(id))).toEqual([]);
  });

  it('finds an interface that fails and one that listens to everything', async () => {
    const ids = await found(await readOne(SOCKETS, INTERFACES));
    expect(ids).toEqual(expect.arrayContaining(['interface-errors', 'interface-promiscuous']));
  });

  it('finds a membership of service discovery, and is quiet about the group of all hosts', async () => {
    const ids = (await found(await readOne(SOCKETS, GROUPS))).filter((id) => id.startsWith('multicast'));
    expect(ids).toEqual(['multicast-service-discovery-joined']);
  });

  const ROUTER: Network = {
    namespace: 1,
    interfaces: [],
    addresses: [],
    routes: [],
    policyRules: [],
    sysctls: { 'net.ipv4.ip_forward': '1' },
    firewall: { read: true, rulesets: [], unreadTables: [] },
  };
  const NFT = (expr: unknown): string =>
    JSON.stringify({
      nftables: [{ rule: { family: 'ip', table: 'nat', chain: 'postrouting', handle: 1, expr: [expr] } }],
    });
  const withFirewall = async (format: 'nft-json' | 'iptables-nft-save', text: string): Promise<readonly string[]> => {
    const snapshot = await readOne(SOCKETS);
    const firewall = { read: true, rulesets: [{ format, text, origin: 'nft' }], unreadTables: [] };
    return found({ ...snapshot, networks: [{ ...ROUTER, firewall }] });
  };

  it('finds masquerading in the words of either tool, where nothing filters what is forwarded', async () => {
    const id = 'masquerading-without-filter';
    expect(await withFirewall('nft-json', NFT({ masquerade: null }))).toContain(id);
    expect(await withFirewall('nft-json', NFT({ snat: { addr: '192.0.2.1' } }))).toContain(id);
    expect(await withFirewall('nft-json', NFT({ accept: null }))).not.toContain(id);
    const save = '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n';
    expect(await withFirewall('iptables-nft-save', save)).toContain(id);
    const filtered = `${save}*filter\n:FORWARD DROP [0:0]\nCOMMIT\n`;
    expect(await withFirewall('iptables-nft-save', filtered)).not.toContain(id);
  });
});
