import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeviceCounters } from '../../src/collect/views/devices.js';
import { parseIgmp } from '../../src/collect/views/groups.js';
import { parseRow } from '../../src/collect/views/internet.js';
import { parseRoute } from '../../src/collect/views/routes.js';
import { parseAssociation, parseEndpoint } from '../../src/collect/views/sctp.js';
import { parseGroups, parsePairs } from '../../src/collect/views/statistics.js';
import { parseUnix } from '../../src/collect/views/unix.js';
import { byInterfaceName } from '../../src/netstat/interface-order.js';
import { readOne } from '../dialects/from.js';
import { row, shown, unixRow } from './facts.js';

const SERVICES = { tcp: { 22: 'ssh', 8080: 'http-alt' }, udp: { 69: 'tftp' }, raw: { 1: 'icmp' } };
const named = { numericHosts: false, numericPorts: false, numericUsers: false };
const namedHosts = (hosts: Readonly<Record<string, string>>) => ({
  names: { hosts, networks: { '169.254.0.0': 'link-local' }, services: SERVICES, users: { 33: 'www-data' } },
});

describe('sockets as net-tools prints them', () => {
  it('names a port by /etc/services, an unspecified address by itself, and a free port by an asterisk', () => {
    const lines = shown(
      {
        internet: [
          { protocol: 'tcp', rows: [row(), row({ family: 'ipv6', local: '::', foreign: '::', localPort: 8080 })] },
          { protocol: 'raw', rows: [row({ localPort: 1, state: 7 })] },
        ],
      },
      { ...named, all: true, tcp: true, raw: true },
      namedHosts({}),
    );
    expect(lines.slice(2)).toEqual([
      'tcp        0      0 0.0.0.0:ssh             0.0.0.0:*               LISTEN     ',
      'tcp6       0      0 [::]:http-alt           [::]:*                  LISTEN     ',
      'raw        0      0 0.0.0.0:icmp            0.0.0.0:*               7          ',
    ]);
  });

  it('cuts an address, not its port, to 22 characters, and with -W cuts nothing', () => {
    const long = '2001:db8:1234:5678:9abc:def0:1234:5678';
    const internet = [
      { protocol: 'tcp' as const, rows: [row({ family: 'ipv6', local: long, localPort: 60000, foreign: '::' })] },
    ];
    expect(shown({ internet }, { all: true, tcp: true })[2]).toContain(' 2001:db8:1234:567:60000 :::*  ');
    expect(shown({ internet }, { all: true, tcp: true, wide: true })[2]).toContain(` ${long}:60000 :::*  `);
  });

  it('shows the first 19 bytes of pid and program, and the timer in seconds', () => {
    const internet = [
      { protocol: 'tcp' as const, rows: [row({ inode: 7, timer: 2, timerTicks: 12_345, retransmits: 1, probes: 2 })] },
    ];
    const [, , line] = shown(
      { internet, programs: { 7: { pid: 4711, name: 'a-program-with-a-long-name' } } },
      { all: true, tcp: true, programs: true, timers: true, extend: 1 },
    );
    expect(line).toContain(' 0          7          4711/a-program-with  keepalive (123.45/1/2)');
  });

  it('ends a unix path at its first blank as net-tools does, and shows it whole with -W', () => {
    const unix = [unixRow({ path: '/run/with blank' })];
    expect(shown({ unix }, { families: ['unix'], all: true })[2]).toMatch(/ \/run\/with$/);
    expect(shown({ unix }, { families: ['unix'], all: true, wide: true })[2]).toMatch(/ \/run\/with blank$/);
  });

  it('never sends a control character to the terminal, whatever a program or path is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, path) => {
        const lines = shown(
          {
            unix: [unixRow({ path })],
            programs: { 9: { pid: 1, name } },
            memberships: [{ interface: name, family: 'ipv4', users: 1, group: path }],
          },
          { all: true, programs: true, wide: true, families: ['unix'], groups: true },
        );
        expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it('lists an sctp endpoint with all its addresses, one a line', () => {
    const endpoints = [
      parseEndpoint(
        ' ffff8 ffff9 2   10  29   36412    33 4711 10.9.0.1 10.9.1.1 2001:0DB8:0000:0000:0000:0000:0000:0001',
      ),
    ];
    const associations = [
      parseAssociation(
        ' ffff8 ffff9 2   1   3  0   7        5        6    33 4712 36412 9899  *10.9.0.1 10.9.1.1 <-> *192.0.2.9 \t 30000 10 10 0',
      ),
    ];
    expect(shown({ sctp: { endpoints, associations } }, { sctp: true, all: true, extend: 1 }).slice(2)).toEqual([
      'sctp                10.9.0.1:36412                                  LISTEN     ',
      '                    10.9.1.1:36412                                             ',
      '                    2001:db8::1:36412                                           33         4711      ',
      'sctp       6      5 10.9.0.1:36412          192.0.2.9:9899          ESTABLISHED',
      '                    10.9.1.1                                                    33         4712      ',
    ]);
  });
});

describe('rows of the kernel', () => {
  it('reads addresses, queues, timer and owner of a row of /proc/net/tcp', () => {
    const line =
      '   0: 0100007F:0019 0200000A:A028 01 00000010:00000020 02:000A7214 00000003   101        4 4711 2 0000000000000000 20 4 30 10 -1';
    expect(parseRow(line)).toEqual(
      row({
        local: '127.0.0.1',
        localPort: 25,
        foreign: '10.0.0.2',
        foreignPort: 41_000,
        foreignIsNull: false,
        state: 1,
        sendQueue: 16,
        receiveQueue: 32,
        timer: 2,
        timerTicks: 684_564,
        retransmits: 3,
        uid: 101,
        probes: 4,
        inode: 4711,
      }),
    );
    expect(parseRow('not a row')).toBeNull();
  });

  it('keeps a unix path with blanks and line ends whole', () => {
    expect(parseUnix('0000000000000000: 00000002 00000000 00010000 0001 01 4711 /run/a b\nc')).toMatchObject({
      inode: 4711,
      path: '/run/a b\nc',
    });
    expect(parseUnix('0000000000000000: 00000003 00000000 00000000 0002 03 12')).toMatchObject({
      path: '',
      type: 2,
      state: 3,
    });
  });

  it('reads a metric beyond 31 bits as net-tools does, and an interface whose numbers follow its colon at once', () => {
    expect(parseRoute('eth0\t0000000A\t00000000\t0001\t0\t0\t4294967295\t000000FF\t0\t0\t0')).toMatchObject({
      metric: -1,
      destination: '10.0.0.0',
    });
    expect(parseDeviceCounters('  eth0:123 4 0 1 0 0 0 0 9 8 7 6 5 4 3 2')[1]).toMatchObject({
      rxBytes: '123',
      rxDropped: '1',
      txBytes: '9',
      collisions: '4',
    });
  });

  it('reads the groups below each interface', () => {
    const lines = [
      '1\tlo        :     1      V3',
      '\t\t\t\t010000E0     1 0:00000000\t\t0',
      '2\teth0.100  :     1      V2',
      '\t\t\t\tFB0000E0     2 0:00000000\t\t0',
    ];
    expect(parseIgmp(lines)).toEqual([
      { interface: 'lo', family: 'ipv4', users: 1, group: '224.0.0.1' },
      { interface: 'eth0.100', family: 'ipv4', users: 2, group: '224.0.0.251' },
    ]);
  });
});

describe('statistics in the words of net-tools', () => {
  const snmp = [
    'Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors',
    'Ip: 1 64 25 0 3',
    'Icmp: InMsgs InErrors InDestUnreachs OutMsgs OutErrors OutDestUnreachs',
    'Icmp: 6 0 6 5 0 0',
    'IcmpMsg: InType3 OutType3',
    'IcmpMsg: 6 0',
    'Tcp: RtoAlgorithm RtoMin MaxConn ActiveOpens',
    'Tcp: 1 200 -1 12',
    'TcpExt: SyncookiesSent ListenOverflows TCPHPHits TCPTimeouts TCPUnheardOf',
    'TcpExt: 2 0 0 4 5',
  ];

  it('leaves out what is zero, says by name what net-tools has no words for, and heads what ICMP counts by type', () => {
    expect(shown({ statistics: parseGroups(snmp) }, { view: 'statistics' })).toEqual([
      'Ip:',
      '    Forwarding: 1',
      '    25 total packets received',
      '    3 with invalid addresses',
      'Icmp:',
      '    6 ICMP messages received',
      '    0 input ICMP message failed',
      '    ICMP input histogram:',
      '        destination unreachable: 6',
      '    5 ICMP messages sent',
      '    0 ICMP messages failed',
      '    ICMP output histogram:',
      'IcmpMsg:',
      '        InType3: 6',
      'Tcp:',
      '    12 active connection openings',
      'TcpExt:',
      '    2 SYN cookies sent',
      '    0 packet headers predicted',
      '    TCPTimeouts: 4',
      '    TCPUnheardOf: 5',
    ]);
  });

  it('takes the groups of snmp6 from the names', () => {
    const statistics6 = parsePairs([
      'Ip6InReceives\t5',
      'Ip6InDiscards\t0',
      'Icmp6OutType133\t2',
      'Udp6NoPorts\t1',
      'UdpLite6InDatagrams\t0',
    ]);
    expect(shown({ statistics6 }, { view: 'statistics', families: ['inet6'] })).toEqual([
      'Ip6:',
      '    5 total packets received',
      '    0 incoming packets discarded',
      'Icmp6:',
      '    Icmp6OutType133: 2',
      'Udp6:',
      '    1 packets to unknown port received',
      'UdpLite6:',
    ]);
  });
});

describe('order of interfaces', () => {
  it('sorts by letters, then number, then alias', () => {
    expect(['lo', 'eth10', 'eth2', 'eth0:10', 'eth0:1', 'eth0', 'br0', 'ether1', 'eth'].sort(byInterfaceName)).toEqual([
      'br0',
      'eth',
      'eth0',
      'eth0:1',
      'eth0:10',
      'eth2',
      'eth10',
      'ether1',
      'lo',
    ]);
  });

  it('is an order: no two names stand both before and after each other', () => {
    const name = fc.stringMatching(/^[a-c]{0,2}[0-9]{0,2}(:[0-9])?$/);
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(Math.sign(byInterfaceName(one, other))).toBe(0 - Math.sign(byInterfaceName(other, one)));
      }),
    );
  });
});

describe('our views as captures', () => {
  it('gives back listeners, owners and users', async () => {
    const text = shown(
      {
        internet: [
          {
            protocol: 'tcp',
            rows: [row({ inode: 5, uid: 33 }), row({ family: 'ipv6', local: '::1', foreign: '::', localPort: 631 })],
          },
          { protocol: 'udp', rows: [row({ localPort: 69, state: 7, inode: 6 })] },
        ],
        programs: { 5: { pid: 77, name: 'sshd' } },
      },
      { all: true, tcp: true, udp: true, programs: true, extend: 1 },
    ).join('\n');
    const { sockets } = await readOne(`${text}\n`);
    expect(
      sockets.map(({ protocol, address, port, state, uid, inode }) => ({ protocol, address, port, state, uid, inode })),
    ).toEqual([
      { protocol: 'tcp', address: '0.0.0.0', port: 22, state: 'listen', uid: 33, inode: 5 },
      { protocol: 'tcp', address: '::1', port: 631, state: 'listen', uid: 0, inode: 1 },
      { protocol: 'udp', address: '0.0.0.0', port: 69, state: 'bound', uid: 0, inode: 6 },
    ]);
    expect(sockets[0]?.shown?.[0]).toMatchObject({ pid: 77, name: 'sshd' });
  });

  it('gives back the counters that its words stand for', async () => {
    const text = shown(
      { statistics: parseGroups(['TcpExt: SyncookiesSent ListenOverflows', 'TcpExt: 2 3']) },
      { view: 'statistics' },
    );
    const { statistics } = await readOne(`${text.join('\n')}\n`);
    expect(statistics?.namespaces[0]?.counters).toEqual({ TcpExt: { SyncookiesSent: '2', ListenOverflows: '3' } });
  });
});
