import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { owner, service } from '../builders.js';
import { heardAs, type Peer, peer, probed, SNAPSHOT } from './peers.js';

const relay = (to: string) => ({ service: service('http', { relayTo: { address: to, port: 80, listener: null } }) });
const held = (exe: string, args: readonly string[] = []) => ({ owners: [owner({ exe, args: [exe, ...args] })] });

/** Each with the reason that DESIGN gives. */
const FORBIDDEN: readonly (readonly [string, string | null, Partial<IdentifiedListener>])[] = [
  ['a shell', 'bindshell', {}],
  ['rsh', 'rsh', {}],
  ['rlogin', 'rlogin', {}],
  ['rexec', 'rexec', {}],
  ['docker-proxy', 'http', relay('172.17.0.2')],
  ['docker-proxy whose container was not seen', 'tcp-relay', held('/usr/bin/docker-proxy')],
  ['a forward that an SSH client asked for', 'tcp-relay', held('/usr/sbin/sshd')],
  ['a display that sshd passes on', 'x11', held('/usr/sbin/sshd')],
  ['a redirect of xinetd', 'telnet', relay('192.0.2.9')],
  ['a SOCKS proxy', 'socks', {}],
  ['haproxy', 'http', held('/usr/sbin/haproxy')],
  ['a printer', 'printer-raw', {}],
  ['a print spooler', 'lpd', {}],
  ['a unit that only systemd holds', 'http', held('/usr/lib/systemd/systemd')],
  [
    'a JVM that may be suspended',
    'jdwp',
    held('/usr/bin/java', ['-agentlib:jdwp=transport=dt_socket,server=y,address=*:5005']),
  ],
  ['gdbserver', 'gdbserver', held('/usr/bin/gdbserver')],
  ['a netcat that serves one connection', 'netcat', held('/usr/bin/nc.openbsd', ['-l', '21'])],
  ['a program that a super server would start', null, held('/usr/sbin/xinetd')],
  ['an x11vnc that ends with its client', 'vnc', held('/usr/bin/x11vnc')],
  ['an X server without clients', 'x11', held('/usr/bin/Xvfb', [':5'])],
  ['an X server that ends with its last client', 'x11', held('/usr/bin/Xorg', ['-noreset', '-terminate'])],
  ['a controller of machines', 'modbus', {}],
  ['a port that the kernel chose', 'http', { listening: 'possible' }],
];

describe.runIf(process.platform === 'linux')('not even a connection is made to', () => {
  let recording: Peer;
  beforeAll(async () => {
    recording = await peer();
  });
  afterAll(() => recording.close());

  it.each(FORBIDDEN)('%s', async (_, name, over) => {
    const before = recording.connections();
    const { answers, gaps } = await probed([heardAs(name, recording.port, over)]);
    expect(answers).toMatchObject([
      { probe: 'none', service: null, answer: null, sent: expect.stringMatching(/^nothing: /) },
    ]);
    expect(gaps).toEqual([]);
    expect(recording.connections()).toBe(before);
    expect(recording.heard().length).toBe(0);
  });

  it('a socket of a unit that nobody was seen to hold', async () => {
    const unit = {
      name: 'x.socket',
      file: '/etc/systemd/system/x.socket',
      line: 2,
      accept: false,
      service: null,
      exec: [],
      listens: [{ directive: 'ListenStream', value: `0.0.0.0:${recording.port}` }],
      bindToDevice: null,
      bindIpv6Only: null,
      active: null,
      managerPid: null,
    };
    const snapshot: Snapshot = { ...SNAPSHOT, software: { ...SNAPSHOT.software, socketUnits: [unit] } };
    const before = recording.connections();
    await probed([heardAs('http', recording.port, { owners: [], ownersComplete: false })], {}, snapshot);
    expect(recording.connections()).toBe(before);
  });
});

describe.runIf(process.platform === 'linux')('not a byte is sent to', () => {
  const heardOnly: readonly (readonly [string, IdentifiedListener['service']])[] = [
    ['telnet, which could be a shell', service('telnet')],
    ['what is not known', service(null)],
    ['what only the port names', service('redis', { confidence: 'port-only' })],
    ['an SSH server', service('ssh')],
  ];
  it.each(heardOnly)('%s', async (_, about) => {
    const recording = await peer();
    const { answers } = await probed([heardAs(null, recording.port, { service: about })], {
      greetingMs: 150,
      answerMs: 150,
    });
    expect(recording.connections()).toBe(1);
    expect(recording.heard().length).toBe(0);
    expect(answers[0]?.sent).toBe('nothing: it was only listened to');
    await recording.close();
  });

  it('one whose greeting contradicts what identity says', async () => {
    const recording = await peer((socket) => socket.write('220 mail ESMTP Postfix\r\n'));
    const { answers } = await probed([heardAs('redis', recording.port)]);
    expect(answers[0]).toMatchObject({ service: 'smtp', product: 'Postfix' });
    expect(recording.heard().length).toBe(0);
    await recording.close();
  });

  it('a shell whose prompt comes unasked, and it is seen to let in', async () => {
    const recording = await peer((socket) => socket.write(Buffer.from('\xff\xfd\x01\xff\xfb\x03\r\n/ # ', 'latin1')));
    const { answers } = await probed([heardAs('telnet', recording.port)]);
    expect(answers[0]).toMatchObject({ service: 'telnet', facts: { authentication: 'none', 'telnet.shell': 'yes' } });
    expect(recording.heard().length).toBe(0);
    await recording.close();
  });
});

describe.runIf(process.platform === 'linux')('a node of a printer’s port', () => {
  it('is spoken to where the process is known to be node-exporter', async () => {
    const exporter = await peer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const { answers } = await probed([heardAs('node-exporter', exporter.port)]);
    expect(answers[0]).toMatchObject({ service: 'http', sent: 'GET /' });
    await exporter.close();
  });
});
