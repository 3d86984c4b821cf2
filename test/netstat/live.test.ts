import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Socket } from '../../src/model/socket.js';
import { readOne } from '../dialects/from.js';
import { itNeeds, needs } from '../needs.js';
import { type Lab, standingLab } from './lab.js';

const required = [needs.linux, needs.root, needs.program('ip'), needs.program('python3')];
const met = required.every((need) => need.met());

interface Data {
  readonly sockets: readonly {
    readonly protocol: string;
    readonly local: { readonly address: string; readonly port: number };
    readonly foreign: { readonly port: number };
    readonly program: { readonly pid: number } | null;
    readonly inode: number;
  }[];
  readonly unix: readonly { readonly path: string; readonly inode: number }[];
  readonly policyRules: readonly { readonly table: number | null }[];
  readonly routes: readonly { readonly destination: string; readonly table: number }[];
  readonly interfaces: readonly { readonly name: string }[];
  readonly masqueraded: readonly { readonly translated: string }[];
}

describe.skipIf(!met && process.env['CI'] !== 'true')('earshot netstat in a namespace', () => {
  let lab: Lab | null = null;
  beforeAll(async () => {
    if (met) lab = await standingLab('hostile');
  });
  afterAll(() => lab?.end());
  const text = async (...flags: readonly string[]): Promise<string> => (await lab?.ours(...flags))?.stdout ?? '';
  const data = async (...flags: readonly string[]): Promise<Data> => JSON.parse(await text(...flags, '--json')) as Data;

  itNeeds(required, 'shows hostile names of programs and paths escaped', async () => {
    const shown = await text('-anpW');
    expect(shown).toContain('evil\\x1b[31m');
    expect(shown).toContain('/red\\x1b[2J\\u{202e}');
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  itNeeds(required, 'gives the same sockets as text, read as a capture, and as data', async () => {
    const { sockets } = await data('-anp', '-tu');
    const captured = await readOne(await text('-anpeW', '-tu'));
    const keyOf = (socket: Socket): string =>
      `${socket.protocol} ${socket.inode}:${socket.port} ${socket.shown?.[0]?.pid}`;
    const heard = captured.sockets.filter((socket) => socket.state !== 'connected').map(keyOf);
    const expected = sockets
      .filter(({ protocol, foreign }) => foreign.port === 0 && (protocol === 'tcp' || protocol === 'udp'))
      .map(({ protocol, inode, local, program }) => `${protocol} ${inode}:${local.port} ${program?.pid}`);
    expect(new Set(heard)).toEqual(new Set(expected));
  });

  itNeeds(required, 'gives routes, interfaces, memberships and counters back as a capture', async () => {
    const captured = await readOne(...(await Promise.all([text('-rn'), text('-i'), text('-s'), text('-gn')])));
    const network = captured.networks[0];
    expect(network?.routes.map((route) => route.destination)).toContain('10.21.0.0/16');
    expect(network?.interfaces.map((link) => link.name)).toEqual(expect.arrayContaining(['eth0', 'eth2', 'lo']));
    const statistics = captured.statistics?.namespaces[0];
    expect(statistics?.memberships.map((each) => each.group)).toContain('239.1.2.3');
    expect(Number(statistics?.counters['Tcp']?.['ActiveOpens'])).toBeGreaterThan(0);
  });

  itNeeds(required, 'shows every table and the rules that choose one', async () => {
    const { policyRules, routes } = await data('-r', '--all-tables');
    expect(policyRules.map((rule) => rule.table)).toContain(100);
    expect(routes).toContainEqual(expect.objectContaining({ destination: '198.51.100.0/24', table: 100 }));
    expect(await text('-r', '--all-tables')).toMatch(
      /Kernel IP routing table 100\nDestination .*\n198\.51\.100\.0\/24/,
    );
  });

  itNeeds(
    [...required, needs.program('nft')],
    'shows connections behind another address, which net-tools cannot',
    async () => {
      for (const command of [
        'add table ip ehn',
        'add chain ip ehn post { type nat hook postrouting priority 100 ; }',
        'add rule ip ehn post udp dport 9999 snat to 127.0.0.9',
      ])
        await lab?.run('nft', command);
      await lab?.run(
        'python3',
        '-c',
        'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9999))',
      );
      expect((await data('-Mn')).masqueraded).toContainEqual(expect.objectContaining({ translated: '127.0.0.9' }));
      expect(await text('-Mn')).toMatch(/^udp {3}\d:\d\d\.00 127\.0\.0\.1 +127\.0\.0\.1 +\d+ -> 9999 \(\d+\)$/m);
    },
  );

  itNeeds(required, 'draws the layers with the values of the namespace', async () => {
    const shown = await text('--layers');
    expect(shown).toContain('7  Application');
    expect(shown).toMatch(/\b23\/tcp/);
  });

  itNeeds(required, 'refuses what makes no sense, and says what to type', async () => {
    const both = await lab?.ours('-r', '-i');
    expect(both?.status).toBe(2);
    expect(both?.stderr).toContain('-i and -r are different views');
    expect((await lab?.ours('-A', 'inte6'))?.stderr).toContain('inet6');
  });
});
