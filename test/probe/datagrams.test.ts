import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { misled } from '../../src/collect/probe/misled.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Network, Ruleset } from '../../src/model/network.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { heardAs, probed, SNAPSHOT } from './peers.js';

interface DatagramPeer {
  readonly port: number;
  readonly heard: () => number;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Listens for datagrams on loopback; `answer` null: says nothing, `elsewhere`: from another port. */
async function peer(answer: Uint8Array | null, elsewhere = false): Promise<DatagramPeer> {
  const socket = createSocket('udp4');
  const other = createSocket('udp4');
  let heard = 0;
  socket.on('message', (_, from) => {
    heard++;
    if (answer !== null) (elsewhere ? other : socket).send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
  closing.push(() => {
    socket.close();
    other.close();
  });
  return { port: socket.address().port, heard: () => heard };
}

const asked = (name: string, { port }: DatagramPeer): IdentifiedListener => heardAs(name, port, { protocol: 'udp' });
const NOT_FOUND = Buffer.from('\0\u0005\0\u0001File not found\0', 'latin1');

function firewalled(firewall: Network['firewall']): Snapshot {
  return { ...SNAPSHOT, networks: SNAPSHOT.networks.map((network) => ({ ...network, firewall })) };
}

describe.runIf(process.platform === 'linux')('a listener for datagrams', () => {
  it('may answer a TFTP read from another port, and no other question', async () => {
    const tftp = await peer(NOT_FOUND, true);
    const snmp = await peer(NOT_FOUND, true);
    const { answers } = await probed([asked('tftp', tftp), asked('snmp', snmp)], { answerMs: 200 });
    expect(answers[0]).toMatchObject({ service: 'tftp', facts: { authentication: 'none' } });
    expect(answers[1]).toMatchObject({ service: null, answer: null, facts: { 'snmp.public': 'not answered' } });
  });

  it('that is silent is a gap, but where silence is an answer', async () => {
    const silent = await peer(null);
    const { gaps } = await probed([asked('dns', silent), asked('snmp', silent)], { answerMs: 150 });
    expect(gaps.map(({ why }) => why)).toEqual(['it did not answer dns-version']);
  });

  it('where nobody listens any more is a gap', async () => {
    const { gaps } = await probed([heardAs('dns', 1, { protocol: 'udp' })], { answerMs: 150 });
    expect(gaps).toHaveLength(1);
  });

  it('is sent nothing where a translation could lead it to another machine', async () => {
    const recording = await peer(NOT_FOUND);
    const text = '*nat\n-A OUTPUT -p udp -j DNAT --to-destination 192.0.2.9\nCOMMIT';
    const ruleset = { format: 'iptables-nft-save', text, origin: 'iptables-save' } as const;
    const translating = firewalled({ read: true, rulesets: [ruleset], unreadTables: [] });
    const unread = firewalled({ read: false, rulesets: [], unreadTables: [] });
    for (const snapshot of [translating, unread]) {
      const { answers, gaps } = await probed([asked('tftp', recording)], {}, snapshot);
      expect(answers).toEqual([]);
      expect(gaps[0]?.why).toContain('led to another machine');
    }
    expect(recording.heard()).toBe(0);
  });

  it('is asked where only TCP is translated, as Docker does for what it publishes', () => {
    const tcp =
      '*nat\n-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT';
    const dnat = '{"dnat":{"addr":"172.17.0.2"}}';
    const json = (op: string): string =>
      `{"nftables":[{"rule":{"expr":[{"match":{"op":"${op}","left":{"meta":{"key":"l4proto"}},"right":"tcp"}},${dnat}]}}]}`;
    const of = (format: Ruleset['format'], text: string) => {
      const [network] = firewalled({ read: true, rulesets: [{ format, text, origin: '' }], unreadTables: [] }).networks;
      return network === undefined ? undefined : misled(network);
    };
    expect(of('iptables-nft-save', tcp)).toBeNull();
    expect(of('iptables-nft-save', tcp.replace('-p tcp -m tcp', '! -p tcp'))).not.toBeNull();
    expect(of('nft-json', json('=='))).toBeNull();
    expect(of('nft-json', json('!='))).not.toBeNull();
    expect(of('nft-json', 'broken dnat')).not.toBeNull();
  });

  it('is sent nothing where it is not known, only its port is, or nothing is asked of such a service', async () => {
    const recording = await peer(NOT_FOUND);
    const { service } = asked('snmp', recording);
    const guessed = { ...asked('snmp', recording), service: { ...service, confidence: 'port-only' as const } };
    const unknown = { ...guessed, service: { ...service, name: null, confidence: null } };
    const { answers } = await probed([guessed, unknown, asked('openvpn', recording)]);
    expect(answers.map(({ probe }) => probe)).toEqual(['none', 'none', 'none']);
    expect(recording.heard()).toBe(0);
  });
});
