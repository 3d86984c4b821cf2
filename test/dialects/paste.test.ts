import { describe, expect, it } from 'vitest';
import { gapsOf, readAll, readOne, records } from './from.js';

const AN = `Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State      
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN     
tcp        0     52 192.168.2.100:22        192.168.2.10:1029       ESTABLISHED
udp        0      0 0.0.0.0:69              0.0.0.0:*                          
`;
const RN = `Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
192.168.2.0     0.0.0.0         255.255.255.0   U        40 0          0 eth0
0.0.0.0         192.168.2.1     0.0.0.0         UG       40 0          0 eth0
`;
const I = `Kernel Interface table
Iface   MTU Met    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0   1500   0  2532677      0      0      0  1745331      0      0      0 BMRU
`;
const SOCKETS = [
  'bound udp 0.0.0.0:69',
  'clients 0.0.0.0:22 1 192.168.2.10',
  'connected tcp 192.168.2.100:22 > 192.168.2.10:1029',
  'listen tcp 0.0.0.0:22',
];
const strays = (gaps: readonly string[]): readonly string[] => gaps.filter((what) => what.startsWith('line '));

describe('several captures of one host are one snapshot', () => {
  const all = [
    ...SOCKETS,
    'if eth0 mtu 1500 BROADCAST MULTICAST RUNNING UP rx 2532677 tx 1745331',
    'route 0.0.0.0/0 via 192.168.2.1 dev eth0',
    'route 192.168.2.0/24 dev eth0',
  ].sort();

  it('in one file, one after the other', async () => {
    expect(await records(AN + RN + I)).toEqual(all);
  });

  it('in several files', async () => {
    expect(await records(AN, RN, I)).toEqual(all);
  });

  it('with the commands that were typed, whose prompt names the host', async () => {
    const pasted = `root@burner:~# netstat -an\n${AN}root@burner:~# netstat -rn\n${RN}root@burner:~# netstat -i\n${I}root@burner:~# \n`;
    expect(await records(pasted)).toEqual(all);
    const snapshot = await readOne(pasted);
    expect(snapshot.host.hostname).toBe('burner');
    expect(strays(gapsOf(snapshot))).toEqual([]);
  });

  it('takes the tables of netstat -c, printed again and again, once', async () => {
    expect(await records(AN + AN + AN)).toEqual(SOCKETS);
  });

  it('takes host name and release from uname -a', async () => {
    const text = `$ uname -a\nLinux burner 2.4.2 #1 SMP Mon Feb 26 2001 i686 unknown\n$ netstat -an\n${AN}`;
    expect(await records(text)).toEqual(SOCKETS);
    expect((await readOne(text)).host).toMatchObject({ hostname: 'burner', kernel: '2.4.2', os: 'Linux' });
  });

  it('keeps two hosts apart whose prompts name them', async () => {
    const of = (host: string, port: number): string =>
      `root@${host}:~# netstat -an\n${AN.replace(':22 ', `:${port} `)}root@${host}:~# \n`;
    const snapshots = await readAll(of('burner', 23) + of('prime', 24));
    expect(snapshots.map((snapshot) => [snapshot.host.hostname, snapshot.sockets[0]?.port])).toEqual([
      ['burner', 23],
      ['prime', 24],
    ]);
  });

  it('takes a socket shown by two of them once, with what each knows of it', async () => {
    const tulpn = `Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      745/sshd            
`;
    expect(await records(AN, tulpn)).toEqual(
      SOCKETS.map((line) => (line === 'listen tcp 0.0.0.0:22' ? `${line} 745/sshd` : line)),
    );
  });
});

describe('what people paste along is no row', () => {
  it.each([
    [
      'a Windows prompt',
      'C:\\Users\\ops>netstat -an\r\n\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State\r\n  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING\r\n\r\nC:\\Users\\ops>',
      ['listen tcp 0.0.0.0:135'],
    ],
    [
      'a PowerShell prompt',
      'PS C:\\Windows\\system32> netstat -an\n  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING\nPS C:\\Windows\\system32> ',
      ['listen tcp 0.0.0.0:135'],
    ],
    [
      'a CentOS prompt',
      '[root@db01 ~]# ss -tln\nState      Recv-Q Send-Q Local Address:Port               Peer Address:Port\nLISTEN     0      128    127.0.0.1:3306                     *:*\n[root@db01 ~]# ',
      ['listen tcp 127.0.0.1:3306'],
    ],
    ['a BusyBox prompt', `/ # netstat -an\n${AN}/ # `, SOCKETS],
    ['colours', AN.replace('LISTEN', '\u001b[01;31m\u001b[KLISTEN\u001b[m\u001b[K'), SOCKETS],
    ['a fence of Markdown', `\`\`\`console\n${AN}\`\`\`\n`, SOCKETS],
    [
      'the quote marks of a mail',
      AN.split('\n')
        .map((line) => `> ${line}`)
        .join('\n'),
      SOCKETS,
    ],
    [
      'an indent',
      AN.split('\n')
        .map((line) => `    ${line}`)
        .join('\n'),
      SOCKETS,
    ],
    ['blanks of a web page', AN.replaceAll(' ', '\u00a0'), SOCKETS],
    ['CR LF', AN.replaceAll('\n', '\r\n'), SOCKETS],
  ])('%s', async (_name, text, expected) => {
    expect(await records(text)).toEqual(expected);
    expect(strays(gapsOf(await readOne(text)))).toEqual([]);
  });
});

describe('wrapped and cut lines', () => {
  const ROW = 'tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      745/sshd: /usr/sbin';
  const HEAD =
    'Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    \n';

  it('joins what a terminal of 80 columns broke', async () => {
    const wrap = (line: string): string => line.replace(/(.{80})(?=.)/g, '$1\n');
    const text = (HEAD + ROW).split('\n').map(wrap).join('\n');
    expect(await records(`${text}\n`)).toEqual(['listen tcp 0.0.0.0:22 745/sshd: /usr/sbin']);
    expect(strays(gapsOf(await readOne(`${text}\n`)))).toEqual([]);
  });

  it('joins what a mail program broke at a blank', async () => {
    const text = `${HEAD}tcp        0      0 0.0.0.0:22              0.0.0.0:*\nLISTEN      745/sshd\ntcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      9/nginx\n`;
    expect(await records(text)).toEqual(['listen tcp 0.0.0.0:22 745/sshd', 'listen tcp 0.0.0.0:80 9/nginx']);
  });

  it.each([
    ['in its port', 'tcp        0      0 0.0.0.0:80'],
    ['in its address', 'tcp        0      0 0.0.0'],
    ['in its protocol', 'tc'],
  ])('does not take a last line cut %s for whole, and says so', async (_where, rest) => {
    const snapshot = await readOne(AN + rest);
    expect(snapshot.sockets.map((socket) => socket.port)).not.toContain(80);
    expect(snapshot.sockets).toHaveLength(3);
    expect(strays(gapsOf(snapshot))).toHaveLength(1);
  });
});

describe('what cannot be read is said', () => {
  it('says what netstat could not open, also where the error stands before the table', async () => {
    const snapshot = await readOne(`netstat: /proc/net/tcp6: No such file or directory\n${AN}`);
    expect(gapsOf(snapshot)).toContain('/proc/net/tcp6 of the captured host');
    expect(strays(gapsOf(snapshot))).toEqual([]);
  });

  it('reads ss with a filter of states, which leaves out the State column', async () => {
    const text =
      '# ss -tn state established\nRecv-Q Send-Q Local Address:Port Peer Address:Port Process\n0      0      192.0.2.1:22       198.51.100.7:50111\n';
    expect(await records(text)).toEqual(['connected tcp 192.0.2.1:22 > 198.51.100.7:50111']);
    const listening =
      '# ss -ltn state listening\nRecv-Q Send-Q Local Address:Port Peer Address:Port Process\n0      128          0.0.0.0:22          0.0.0.0:*\n';
    expect(await records(listening)).toEqual(['listen tcp 0.0.0.0:22']);
  });

  it('counts the good rows of a capture and lists the bad ones', async () => {
    const snapshot = await readOne(`${AN}tcp 0 0 0.0.0.0:99999 0.0.0.0:* LISTEN\ntcp what is 7 this\n`);
    expect(snapshot.sockets).toHaveLength(3);
    expect(strays(gapsOf(snapshot))).toEqual([
      'line 6 of capture-1: "tcp 0 0 0.0.0.0:99999 0.0.0.0:* LISTEN"',
      'line 7 of capture-1: "tcp what is 7 this"',
    ]);
  });

  it.each([
    ['ss', 'LISTEN 0      128          0.0.0.0:80', []],
    [
      'ss, in a peer',
      'ESTAB 0      128          192.0.2.1:80  198.51.100.7:501',
      ['connected tcp 192.0.2.1:80 > 198.51.100.7:?'],
    ],
    [
      'lsof',
      'dhclient   21   root    5u  IPv4 3043794      0t0  UDP *:53',
      ['bound udp 0.0.0.0:?53… cut-port 21/dhclient@root'],
    ],
    ['Windows', '  TCP    127.0.0.1:1110         127.0.0.1:535', []],
    ['macOS', 'tcp4       0      0  127.0.0.1.56', []],
    ['sockstat', 'ntpd     ntpd       775   20 udp6   *:12', []],
  ])('takes no port for whole that ends a file without a line end: %s', async (_name, last, expected) => {
    const heads: Readonly<Record<string, string>> = {
      lsof: 'COMMAND   PID   USER   FD   TYPE  DEVICE SIZE/OFF NODE NAME\n',
      sockstat: 'USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS\n',
    };
    const head = heads[_name] ?? 'Netid  State      Recv-Q Send-Q Local Address:Port Peer Address:Port\n';
    expect(await records(head + last)).toEqual(expected);
  });

  it('says of a thousand bad lines how many there are, not each', async () => {
    const snapshot = await readOne(AN + 'nonsense 123\n'.repeat(1000));
    expect(strays(gapsOf(snapshot))).toHaveLength(10);
    expect(gapsOf(snapshot)).toContain('990 more lines that make no sense');
  });

  it('refuses what it does not know, with the first line that made no sense and all it knows', async () => {
    await expect(readAll('Dear Sir,\nI have 22 ports open.\n')).rejects.toThrow(
      /line 1 of capture-1: "Dear Sir,".*Linux ss.*nmap/s,
    );
  });

  it('refuses nothing at all', async () => {
    await expect(readAll('')).rejects.toThrow(/nothing to read/);
  });

  it('does not take an error of netstat for a host without sockets', async () => {
    await expect(readAll("netstat: invalid option -- 'p'\nUsage: netstat [-ral]\n")).rejects.toThrow(
      /refusal.*invalid option/s,
    );
  });

  it('says that a listing without -a shows no listeners', async () => {
    const snapshot = await readOne(AN.replace('servers and established', 'w/o servers').replace(/.*LISTEN.*\n/, ''));
    expect(snapshot.collection.gaps).toContainEqual(
      expect.objectContaining({ what: 'listening sockets of the captured host', hidesListeners: true }),
    );
  });

  it('reads an empty table as a table: nothing listens, and that is a gap', async () => {
    const snapshot = await readOne(AN.split('\n').slice(0, 2).join('\n'));
    expect(snapshot.sockets).toEqual([]);
    expect(gapsOf(snapshot)).toContain('sockets of the captured host');
  });
});
