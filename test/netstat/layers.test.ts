import { describe, expect, it } from 'vitest';
import { identify } from '../../src/identify/identify.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { layersOf } from '../../src/netstat/layers.js';
import { layersPage } from '../../src/netstat/layers-page.js';
import { readOne } from '../dialects/from.js';

const ARTICLE = `Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:6000            0.0.0.0:*               LISTEN
tcp        0      0 0.0.0.0:21              0.0.0.0:*               LISTEN
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
tcp        0      0 0.0.0.0:23              0.0.0.0:*               LISTEN
tcp        0     52 192.168.2.100:22        192.168.2.10:1029       ESTABLISHED
udp        0      0 0.0.0.0:69              0.0.0.0:*
`;
const ROUTES = `Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
192.168.2.0     0.0.0.0         255.255.255.0   U        40 0          0 eth0
127.0.0.0       0.0.0.0         255.0.0.0       U        40 0          0 lo
0.0.0.0         192.168.2.1     0.0.0.0         UG       40 0          0 eth0
`;
const INTERFACES = `Kernel Interface table
Iface   MTU Met   RX-OK RX-ERR RX-DRP RX-OVR   TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0   1500   0 2532677      0      0      0 2481209      0      0      0 BMRU
lo    16436   0     382      0      0      0     382      0      0      0 LRU
`;
const STATISTICS = `Ip:
    2521652 total packets received
    0 forwarded
    0 incoming packets discarded
    2521436 incoming packets delivered
    2473130 requests sent out
Tcp:
    12 active connection openings
    3 connections established
`;

const shownAt = (snapshot: Snapshot, number: string, what: string): string | undefined =>
  layersOf(snapshot, identify(snapshot))
    .find((layer) => layer.number === number)
    ?.shows.find((fact) => fact.what === what)?.value;

describe('the OSI layers of the host of the article', () => {
  const article = readOne(ARTICLE, ROUTES, INTERFACES, STATISTICS);

  it('stand from 7 to 1 beside the four layers of the TCP/IP stack', async () => {
    const snapshot = await article;
    expect(
      layersOf(snapshot, identify(snapshot)).map(({ number, osi, tcpip }) => `${number} ${osi}: ${tcpip}`),
    ).toEqual([
      '7 Application: Application',
      '6 Presentation: Application',
      '5 Session: Application',
      '4 Transport: Transport',
      '3 Network: Internet',
      '2 Data link: Network access',
      '1 Physical: Network access',
    ]);
  });

  it('show services, what is in clear text, and who is connected', async () => {
    expect(shownAt(await article, '7', 'services')).toBe(
      'ftp 21/tcp, ssh 22/tcp, telnet 23/tcp, x11 6000/tcp, tftp 69/udp',
    );
    expect(shownAt(await article, '6', 'encrypted')).toBe('ssh');
    expect(shownAt(await article, '6', 'clear text')).toContain('telnet');
    expect(shownAt(await article, '5', 'sessions')).toBe('ssh: 1 from 192.168.2.10');
  });

  it('show the transport, the routes, the packets, and the errors of each interface', async () => {
    expect(shownAt(await article, '4', 'listening')).toBe('tcp 4, udp 1');
    expect(shownAt(await article, '4', 'TCP')).toBe('3 connections established, 12 opened from here');
    expect(shownAt(await article, '3', 'routes')).toBe('default by 192.168.2.1 on eth0, 192.168.2.0/24, 127.0.0.0/8');
    expect(shownAt(await article, '3', 'IP')).toBe(
      '2,521,652 packets received, 2,521,436 delivered, 2,473,130 sent, 0 forwarded, 0 discarded',
    );
    expect(shownAt(await article, '2', 'eth0')).toContain('MTU 1500, received 2,532,677 packets (0 errors, 0 dropped)');
  });

  for (const [columns, unicode] of [
    [80, true],
    [60, false],
    [40, true],
  ] as const)
    it(`fit a page of ${columns} columns${unicode ? '' : ' without Unicode'}`, async () => {
      const snapshot = await article;
      const page = layersPage(layersOf(snapshot, identify(snapshot)), 'burner', {
        columns,
        unicode,
        color: false,
        ci: null,
      });
      for (const line of page.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(columns);
      expect(page).toContain('7  Application');
      if (!unicode) expect(page).toMatch(/^[\n -~]*$/);
    });

  it('say nothing of what a capture does not hold', async () => {
    const snapshot = await readOne(ARTICLE);
    expect(shownAt(snapshot, '3', 'addresses')).toBeUndefined();
    expect(shownAt(snapshot, '3', 'forwarding')).toBeUndefined();
    expect(shownAt(snapshot, '4', 'TCP')).toBeUndefined();
  });
});
