import { describe, expect, it } from 'vitest';
import { startedFor } from '../../src/collect/software/started.js';
import { identify } from '../../src/identify/identify.js';
import type { InetdEntry, SocketUnit, Software } from '../../src/model/software.js';
import { aProcess, aSnapshot, aSocket } from './builders.js';

const TELNETD = { manager: 'dpkg', name: 'inetutils-telnetd', version: '2:2.4-2+deb12u1', modified: null };
const inetd = aProcess(50, '/usr/sbin/inetd');
const entry: InetdEntry = {
  kind: 'inetd',
  service: 'telnet',
  protocol: 'tcp',
  address: null,
  port: 23,
  user: 'root',
  program: '/usr/sbin/tcpd',
  args: ['/usr/sbin/telnetd'],
  disabled: false,
  internal: false,
  onlyFrom: [],
  redirect: null,
  pid: 50,
  file: '/etc/inetd.conf',
  line: 3,
};
const unit: SocketUnit = {
  name: 'telnet.socket',
  file: '/etc/systemd/system/telnet.socket',
  line: 2,
  listens: [{ directive: 'ListenStream', value: '0.0.0.0:2323' }],
  accept: true,
  service: 'telnet@.service',
  exec: ['/usr/sbin/telnetd'],
  bindToDevice: null,
  bindIpv6Only: null,
  active: true,
  managerPid: null,
};
const sockets = [
  aSocket('tcp 0.0.0.0:23', { holders: [50] }),
  aSocket('tcp 0.0.0.0:2323', { holders: [1] }),
  aSocket('tcp 0.0.0.0:2424', { holders: [60] }),
];
const tcpserver = aProcess(60, '/usr/bin/tcpserver', ['tcpserver', '-R', '0', '2424', '/usr/sbin/telnetd']);
const processes = [aProcess(1, '/usr/lib/systemd/systemd'), inetd, tcpserver];

describe('what another program starts for a connection', () => {
  it('has a package of its own, whoever starts it', () => {
    const software: Partial<Software> = {
      socketUnits: [unit],
      inetd: [entry],
      startedPackages: {
        '50:/usr/sbin/telnetd': TELNETD,
        '1:/usr/sbin/telnetd': TELNETD,
        '60:/usr/sbin/telnetd': TELNETD,
      },
    };
    const listeners = identify(aSnapshot({ sockets, processes, software }));
    expect(listeners.map(({ port, service }) => [port, service.name, service.version, service.package?.name])).toEqual([
      [23, 'telnet', '2.4', 'inetutils-telnetd'],
      [2323, 'telnet', '2.4', 'inetutils-telnetd'],
      [2424, 'telnet', '2.4', 'inetutils-telnetd'],
    ]);
    expect(listeners[0]?.service.evidence).toContain(
      '/usr/sbin/telnetd is of dpkg package inetutils-telnetd 2:2.4-2+deb12u1',
    );
  });

  it('is looked for only where somebody listens', () => {
    const commands = startedFor(
      sockets,
      processes,
      [unit],
      [entry, { ...entry, port: 79 }, { ...entry, disabled: true }],
    );
    expect([...commands]).toEqual([
      [1, [['/usr/sbin/telnetd']]],
      [50, [['/usr/sbin/tcpd', '/usr/sbin/telnetd']]],
      [60, [['-R', '0', '2424', '/usr/sbin/telnetd']]],
    ]);
  });
});

describe('nodes of Erlang', () => {
  it('have not the version of their virtual machine', () => {
    const beam = aProcess(70, '/usr/lib/erlang/erts-13.1.5/bin/beam.smp', ['beam.smp', '-s', 'rabbit', 'boot']);
    const [listener] = identify(
      aSnapshot({
        sockets: [aSocket('tcp 0.0.0.0:5672', { holders: [70] })],
        processes: [beam],
        software: { packages: { 70: { manager: 'dpkg', name: 'erlang-base', version: '1:25.2.3+dfsg-1' } } },
      }),
    );
    expect(listener?.service).toMatchObject({ name: 'amqp', product: 'RabbitMQ', version: null });
  });

  it('speak STOMP at its port, though the kernel deals such ports for their distribution', () => {
    const beam = aProcess(70, '/usr/lib/erlang/erts-13.1.5/bin/beam.smp', ['beam.smp', '-s', 'rabbit', 'boot']);
    const names = [61_613, 43_210].map(
      (port) =>
        identify(aSnapshot({ sockets: [aSocket(`tcp 0.0.0.0:${port}`, { holders: [70] })], processes: [beam] }))[0]
          ?.service.name,
    );
    expect(names).toEqual(['stomp', 'erlang-distribution']);
  });
});
