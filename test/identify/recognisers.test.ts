import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identify } from '../../src/identify/identify.js';
import { programNamed } from '../../src/identify/programs.js';
import { PROGRAMS } from '../../src/identify/programs-table.js';
import { scriptOf } from '../../src/lib/interpreters.js';
import { serviceNamed } from '../../src/lib/services.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Network } from '../../src/model/network.js';
import type { Process } from '../../src/model/process.js';
import type { Software } from '../../src/model/software.js';
import { aNamespace, aNetworkAt, aProcess, aSnapshot, aSocket, HOST } from './builders.js';

const DPKG = { manager: 'dpkg', name: 'some-package', version: '1:2.3-4', modified: false };

/** One listener held by one process. */
function heldBy(bind: string, process: Process, software: Partial<Software> = {}): IdentifiedListener {
  const [listener] = identify(
    aSnapshot({ sockets: [aSocket(bind, { holders: [process.pid] })], processes: [process], software }),
  );
  if (listener === undefined) throw new Error('no listener');
  return listener;
}

const packaged = (pid: number): Partial<Software> => ({ packages: { [pid]: DPKG } });

describe('executables', () => {
  it('is sure of a packaged file and only likely of a name', () => {
    const redis = aProcess(5, '/usr/bin/memcached');
    expect(heldBy('tcp 0.0.0.0:6000', redis, packaged(5)).service).toMatchObject({
      name: 'memcached',
      confidence: 'certain',
      version: '2.3',
      disagreement: 'port says x11, process says memcached',
    });
    expect(heldBy('tcp 0.0.0.0:6000', redis).service.confidence).toBe('likely');
  });

  it('lets the port choose between the services of one program', () => {
    const dovecot = aProcess(5, '/usr/sbin/dovecot');
    const said = (port: number): unknown[] => {
      const { name, confidence } = heldBy(`tcp 0.0.0.0:${port}`, dovecot, packaged(5)).service;
      return [name, confidence];
    };
    expect(said(995)).toEqual(['pop3s', 'certain']);
    expect(said(10995)).toEqual(['imap', 'likely']);
  });

  it('takes what a configuration says of a port over a guess', () => {
    const setting = {
      pid: 5,
      service: 'dovecot',
      name: 'listen.tcp.10995',
      value: 'pop3',
      file: '/etc/dovecot/x',
      line: 3,
    };
    const { service } = heldBy('tcp 0.0.0.0:10995', aProcess(5, '/usr/sbin/dovecot'), {
      ...packaged(5),
      settings: [setting],
    });
    expect(service).toMatchObject({ name: 'pop3', confidence: 'certain' });
  });

  it('does not guess by the port where a program is known that serves nothing', () => {
    expect(heldBy('tcp 0.0.0.0:3306', aProcess(5, '/usr/bin/sleep'), packaged(5)).service).toMatchObject({
      name: null,
      confidence: null,
    });
  });

  it('does not believe a kernel name on a process that has an executable', () => {
    const [owner] = heldBy('tcp 0.0.0.0:9', aProcess(5, '/tmp/x', ['[kworker/0:1]'], { name: 'kworker/0:1' })).owners;
    expect(owner?.posesAsKernel).toBe(true);
  });

  it('names only services of the one list, and every name once', () => {
    const seen = new Set<string>();
    for (const line of PROGRAMS.trim().split('\n')) {
      const [names = '', services = ''] = line.split('|');
      for (const name of names.split(' ')) {
        expect(seen.has(name), name).toBe(false);
        seen.add(name);
      }
      if (!/^[-=]$/.test(services))
        for (const service of services.split(' '))
          expect(serviceNamed(service)?.name, `${service} in ${names}`).toBe(service);
    }
  });

  it('finds a program with a version or an ending in its name', () => {
    expect(programNamed('php-fpm8.2')?.name).toBe('php-fpm');
    expect(programNamed('Xorg.bin')?.services).toEqual(['x11']);
    expect(programNamed('redis-server.exe')?.name).toBe('redis-server');
    expect(programNamed('no-such-thing')).toBeNull();
    expect(programNamed('prometheus-blackbox-exporter')?.services).toEqual(['metrics']);
  });

  it('names the package of a program that it does not know, beside the port’s guess', () => {
    const { service } = heldBy('tcp 0.0.0.0:16379', aProcess(5, '/usr/bin/some-daemon'), packaged(5));
    expect(service).toMatchObject({ name: 'redis-cluster', confidence: 'port-only', product: null });
    expect(service.evidence[0]).toBe('process 5 runs /usr/bin/some-daemon of dpkg package some-package 1:2.3-4');
    expect(heldBy('tcp 0.0.0.0:1055', aProcess(5, '/usr/bin/some-daemon'), packaged(5)).service).toMatchObject({
      name: null,
      product: 'some-daemon',
      version: '2.3',
    });
  });

  it('tells the ports of one program apart by its options, and keeps what its package says', () => {
    const said = (port: number, exe: string, ...args: string[]): unknown[] => {
      const { name, confidence, version, disagreement } = heldBy(
        `tcp 0.0.0.0:${port}`,
        aProcess(5, exe, [exe, ...args]),
        packaged(5),
      ).service;
      return [name, confidence, version, disagreement];
    };
    const certain = (name: string): unknown[] => [name, 'certain', '2.3', null];
    const qemu = ['-vnc', '10.0.0.1:55', '-monitor', 'telnet:10.0.0.1:4450,server,nowait', '-gdb', 'tcp::1235'];
    const more = [
      '-chardev',
      'socket,id=m,host=::,port=4451,server=on',
      '-mon',
      'chardev=m',
      '-serial',
      'tcp::4452,server',
    ];
    for (const [port, name] of [
      [5955, 'vnc'],
      [4450, 'qemu-monitor'],
      [1235, 'gdbserver'],
      [4451, 'qemu-monitor'],
      [4452, 'serial-server'],
    ] as const)
      expect(said(port, '/usr/bin/qemu-system-x86_64', ...qemu, ...more)).toEqual(certain(name));
    expect(said(7000, '/usr/sbin/openvpn', '--management', '127.0.0.1', '7000')[0]).toBe('openvpn-management');
    expect(said(12380, '/usr/bin/etcd', '--listen-peer-urls=http://[::]:12380,http://10.0.0.1:12381')).toEqual(
      certain('etcd-peer'),
    );
    expect(said(12381, '/usr/bin/etcd', '--listen-peer-urls=http://[::]:12380,http://10.0.0.1:12381')).toEqual(
      certain('etcd-peer'),
    );
    expect(said(6083, '/usr/sbin/varnishd', '-T127.0.0.1:6083', '-a', ':80')).toEqual(certain('varnish-admin'));
    expect(said(6077, '/usr/bin/Xtightvnc', ':77', '-rfbport', '15901')[0]).toBe('x11');
    expect(said(5977, '/usr/bin/Xtightvnc', ':77')[0]).toBe('vnc');
    expect(said(6083, '/usr/sbin/varnishd', '-T', '127.0.0.1:6083', '-a', ':80')).toEqual(certain('varnish-admin'));
  });

  it('takes the port that the kernel chose for an Erlang program for the one its nodes talk through', () => {
    const beam = aProcess(5, '/usr/lib/erlang/bin/beam.smp', ['beam.smp', '-s', 'ejabberd']);
    const said = (port: number): unknown => heldBy(`tcp 0.0.0.0:${port}`, beam).service.name;
    expect([said(5222), said(15222), said(41463)]).toEqual(['xmpp', 'xmpp', 'erlang-distribution']);
  });

  it('does not take the port from which a web proxy asks for names for one of its own', () => {
    const squid = aProcess(5, '/usr/sbin/squid');
    const said = (bind: string): unknown[] => {
      const { service, listening } = heldBy(bind, squid, packaged(5));
      return [service.name, listening];
    };
    expect(said('udp 0.0.0.0:34928')).toEqual([null, 'possible']);
    expect(said('udp 0.0.0.0:3130')).toEqual(['icp', 'certain']);
    expect(said('tcp 0.0.0.0:34928')).toEqual(['squid', 'certain']);
  });

  it('does not give a web proxy what rpcbind lists for a port that the proxy has now', () => {
    const rpc = [
      {
        namespace: HOST,
        protocol: 'tcp',
        address: '0.0.0.0',
        port: 111,
        program: 100000,
        version: 4,
        name: 'portmapper',
      },
    ];
    const said = (exe: string): unknown =>
      heldBy('tcp 10.0.0.1:111', aProcess(5, exe), { ...packaged(5), rpc }).service.name;
    expect(said('/usr/sbin/privoxy')).toBe('http-connect-proxy');
    expect(said('/usr/sbin/rpcbind')).toBe('rpcbind');
    expect(said('/usr/bin/some-daemon')).toBe('rpcbind');
  });
});

describe('interpreters', () => {
  const script = (exe: string, ...args: string[]): string | null => scriptOf(exe, [exe, ...args], '')?.shown ?? null;

  it('says what runs, by the language’s own options', () => {
    expect(script('/usr/bin/python3.11', '-m', 'pyftpdlib', '-p', '6005')).toBe('python3 -m pyftpdlib');
    expect(script('/usr/bin/python3.11', '-Im', 'http.server')).toBe('python3 -m http.server');
    expect(script('/usr/bin/python3.11', '-W', 'ignore', '/srv/app.py', '-m', 'x')).toBe('/srv/app.py');
    expect(script('/usr/bin/java', '-cp', 'a.jar:b.jar', '-Xmx1g', 'kafka.Kafka', 'x.properties')).toBe('kafka.Kafka');
    expect(script('/usr/bin/java', '-jar', '/opt/jenkins.war')).toBe('/opt/jenkins.war');
    expect(script('/usr/bin/node', '--require', 'x', 'server.js')).toBe('server.js');
    expect(script('/usr/bin/php8.2', '-S', '0.0.0.0:5000')).toBe('php -S 0.0.0.0:5000');
    expect(script('/usr/bin/ruby3.1', '-run', '-e', 'httpd', '.')).toBe('ruby -run -e httpd');
    expect(script('/usr/bin/dotnet', 'exec', 'app.dll')).toBe('app.dll');
    expect(script('/bin/busybox', 'telnetd', '-F')).toBe('busybox telnetd');
    expect(script('/usr/bin/nginx', 'python3', 'x.py')).toBeNull();
  });

  it('takes a word for a title only where an interpreter’s own name is missing', () => {
    const title = (exe: string, ...args: string[]): string | null => scriptOf(exe, args, '')?.name ?? null;
    expect(title('/usr/bin/perl', '/usr/bin/plackup')).toBe('plackup');
    expect(title('/usr/bin/python3.11', 'deluge-web', '', '')).toBe('deluge-web');
    expect(title('/usr/bin/python3.11', 'gunicorn: master [app:app]')).toBe('gunicorn');
    expect(title('/usr/bin/python3.11', 'python3')).toBeNull();
    expect(title('/usr/bin/python3.11', '/opt/venv/bin/python')).toBeNull();
    expect(title('/usr/bin/dash', '-sh')).toBeNull();
  });

  it('reads code from the word of its option and from the next one, and knows a lone dash', () => {
    expect(script('/usr/bin/ruby3.1', '-run', '-ehttpd', '--', '.')).toBe('ruby -run -e httpd');
    expect(script('/usr/bin/ruby3.1', '-r', 'un', '-e', 'httpd')).toBe('ruby -run -e httpd');
    expect(script('/usr/bin/perl', '-MIO::Socket', '-we', 'sleep')).toBe('perl -we sleep');
    expect(script('/usr/bin/python3.11', '-uc', 'x()')).toBe('python3 -uc x()');
    expect(script('/usr/bin/python3.11', '-cprint(1)')).toBe('python3 -c print(1)');
    expect(script('/usr/bin/node', '-pe', '1')).toBe('node -pe 1');
    expect(script('/usr/bin/python3.11', '-')).toBe('python3 -');
  });

  it('takes code for what it opens, and a name in it for nothing', () => {
    const code = (exe: string, ...args: string[]): unknown => {
      const { name, confidence } = heldBy('tcp 0.0.0.0:5901', aProcess(5, exe, args)).service;
      return [name, confidence];
    };
    const http = ['http', 'likely'];
    expect(code('/usr/bin/python3.11', 'python3', '-c', 'import http.server as h; h.HTTPServer(a, b)')).toEqual(http);
    expect(code('/usr/bin/ruby3.1', 'ruby', '-rwebrick', '-e', 'WEBrick::HTTPServer.new(Port: 1)')).toEqual(http);
    expect(code('/usr/bin/node', 'node', '-e', "require('http').createServer(f).listen(1)")).toEqual(http);
    for (const text of ['import http.server; s.listen()', '# HTTPServer', 'HTTPServer(); FTPServer()'])
      expect(code('/usr/bin/python3.11', 'python3', '-c', text)).toEqual([null, null]);
  });

  it('gives a file transfer server in Python its service, wherever it listens', () => {
    const python = aProcess(5, '/usr/bin/python3.11', ['python3', '-m', 'pyftpdlib', '-p', '6005']);
    expect(heldBy('tcp 0.0.0.0:6005', python).service).toMatchObject({
      name: 'ftp',
      confidence: 'likely',
      disagreement: 'port says x11, script says pyftpdlib',
    });
  });

  it('takes a script that is called as a daemon, and a daemon’s name in the arguments, for nothing', () => {
    for (const args of [
      ['python3', '/tmp/redis-server'],
      ['python3', '/tmp/app.py', 'redis-server'],
      ['redis-server', '/tmp/app.py'],
    ])
      expect(heldBy('tcp 0.0.0.0:6380', aProcess(5, '/usr/bin/python3.11', args)).service).toMatchObject({
        name: null,
        confidence: null,
      });
  });

  it('tells the debug port of a JVM and of node from what they run', () => {
    const jvm = aProcess(5, '/usr/lib/jvm/bin/java', [
      'java',
      '-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:15005',
      '-jar',
      '/x.jar',
    ]);
    expect(heldBy('tcp 0.0.0.0:15005', jvm).service).toMatchObject({ name: 'jdwp', authentication: 'none' });
    expect(heldBy('tcp 0.0.0.0:8081', jvm).service.confidence).not.toBe('certain');
    const node = aProcess(6, '/usr/bin/node', ['node', 'app.js'], {
      environment: { NODE_OPTIONS: '--inspect=0.0.0.0:9999' },
    });
    expect(heldBy('tcp 0.0.0.0:9999', node).service.name).toBe('node-inspector');
  });
});

describe('relays', () => {
  it('follows docker-proxy into the container’s namespace, and takes the service that answers there', () => {
    const proxy = aProcess(
      5,
      '/usr/bin/docker-proxy',
      'docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 6379'.split(
        ' ',
      ),
    );
    const network = aNetworkAt(7, '172.17.0.2', HOST);
    const [relay] = identify(
      aSnapshot({
        sockets: [
          aSocket('tcp 0.0.0.0:8080', { holders: [5] }),
          aSocket('tcp 0.0.0.0:6379', { namespace: 7, holders: [9] }),
        ],
        processes: [proxy, aProcess(9, '/usr/bin/redis-server')],
        namespaces: [
          { id: HOST, name: 'host', foundBy: 'self', entered: true },
          { id: 7, name: 'shop', foundBy: 'process 9', entered: true },
        ],
        networks: [network],
      }),
    );
    expect(relay?.service).toMatchObject({
      name: 'redis',
      disagreement: 'port says http, relay leads to redis',
      relayTo: { address: '172.17.0.2', port: 6379, listener: 'tcp/0.0.0.0:6379@shop' },
    });
  });

  it('takes the container that is joined with the relay where two engines dealt out one address', () => {
    const proxy = aProcess(5, '/usr/sbin/docker-proxy', [
      'docker-proxy',
      ...['-proto', 'tcp', '-host-ip', '0.0.0.0', '-host-port', '8080'],
      ...['-container-ip', '172.17.0.2', '-container-port', '80'],
    ]);
    const inside = (id: number, joined: number | null): Network => aNetworkAt(id, '172.17.0.2', joined);
    const leadsTo = (networks: readonly Network[]): unknown =>
      identify(
        aSnapshot({
          sockets: [
            aSocket('tcp 0.0.0.0:80', { namespace: 7 }),
            aSocket('tcp 0.0.0.0:80', { namespace: 8 }),
            aSocket('tcp 0.0.0.0:8080', { holders: [5] }),
          ],
          processes: [proxy],
          namespaces: [aNamespace(HOST, 'host'), aNamespace(7, 'other'), aNamespace(8, 'web')],
          networks,
        }),
      ).find(({ port }) => port === 8080)?.service.relayTo?.listener;
    expect(leadsTo([inside(7, 77), inside(8, HOST)])).toBe('tcp/0.0.0.0:80@web');
    expect(leadsTo([inside(7, 77), inside(8, null)])).toBeNull();
    expect(leadsTo([inside(7, null)])).toBe('tcp/0.0.0.0:80@other');
  });

  it('knows the resolver that dockerd runs inside its containers from its API', () => {
    const dockerd = aProcess(5, '/usr/sbin/dockerd');
    expect(heldBy('tcp 127.0.0.11:33843', dockerd, packaged(5)).service.name).toBe('dns');
    expect(heldBy('udp 127.0.0.11:56885', dockerd, packaged(5)).service.name).toBe('dns');
    expect(heldBy('tcp 127.0.0.1:2375', dockerd, packaged(5)).service.name).toBe('docker');
    expect(heldBy('udp 10.88.0.1:53', aProcess(6, '/usr/lib/podman/aardvark-dns'), packaged(6)).service.name).toBe(
      'dns',
    );
  });

  it('reads the targets of forwarding command lines', () => {
    const target = (port: number, exe: string, ...args: string[]): unknown =>
      heldBy(`tcp 0.0.0.0:${port}`, aProcess(5, exe, [exe, ...args])).service.relayTo;
    expect(target(23, '/usr/bin/socat', 'TCP-LISTEN:23,fork', 'TCP:10.0.0.1:2323')).toMatchObject({
      address: '10.0.0.1',
      port: 2323,
    });
    expect(target(80, '/usr/bin/socat', 'TCP-LISTEN:80', 'UNIX-CONNECT:/run/x.sock')).toMatchObject({
      address: '/run/x.sock',
      port: null,
    });
    expect(target(6080, '/usr/bin/redir', '-n', '0.0.0.0:6080', 'db:3306')).toMatchObject({
      address: 'db',
      port: 3306,
    });
    expect(target(8081, '/usr/bin/pasta.avx2', '--config-net', '-t', '8080-8082:80-82')).toMatchObject({ port: 81 });
    expect(target(8443, '/usr/bin/rootlesskit', '-p', '0.0.0.0:8443:443/tcp')).toMatchObject({ port: 443 });
    expect(target(8080, '/usr/bin/kubectl', 'port-forward', 'pod/web', '8080:80')).toMatchObject({
      address: 'pod/web',
      port: 80,
    });
    expect(target(2222, '/usr/lib/systemd/systemd-socket-proxyd', '127.0.0.1:22')).toMatchObject({ port: 22 });
  });

  it('does not call a port that an SSH session forwards SSH, nor what its number says', () => {
    const session = aProcess(5, '/usr/sbin/sshd', ['sshd: root@notty']);
    expect(heldBy('tcp 127.0.0.1:3306', session, packaged(5)).service).toMatchObject({
      name: 'tcp-relay',
      relayTo: null,
    });
    const server = aProcess(6, '/usr/sbin/sshd', ['sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups']);
    expect(heldBy('tcp 0.0.0.0:22', server, packaged(6)).service.name).toBe('ssh');
  });

  it('says what a super server’s shell runs, and what a shell with nothing to run is', () => {
    const said = (...command: string[]): unknown => {
      const args = ['tcpserver', '-HRl0', '10.0.0.1', '8034', ...command];
      return heldBy('tcp 10.0.0.1:8034', aProcess(5, '/usr/bin/tcpserver', args)).service.name;
    };
    expect(said('sh', '-c', 'exec /usr/sbin/telnetd -h')).toBe('telnet');
    expect(said('/bin/sh', '-c', 'cat x | /usr/sbin/telnetd')).toBeNull();
    expect(said('/bin/bash', '-i')).toBe('bindshell');
    expect(said('env', 'A=b', '/bin/sh')).toBe('bindshell');
  });

  it('says what a shell on a socket is', () => {
    const shell = aProcess(5, '/usr/bin/ncat', ['ncat', '-l', '4444', '-e', '/bin/sh']);
    expect(heldBy('tcp 0.0.0.0:4444', shell).service.name).toBe('bindshell');
  });

  it('ends in a circle of relays', () => {
    const a = aProcess(5, '/usr/bin/socat', ['socat', 'TCP-LISTEN:1,fork', 'TCP:127.0.0.1:2']);
    const b = aProcess(6, '/usr/bin/socat', ['socat', 'TCP-LISTEN:2,fork', 'TCP:127.0.0.1:1']);
    const listeners = identify(
      aSnapshot({
        sockets: [aSocket('tcp 0.0.0.0:1', { holders: [5] }), aSocket('tcp 0.0.0.0:2', { holders: [6] })],
        processes: [a, b],
      }),
    );
    expect(listeners.map((listener) => listener.service.relayTo?.port)).toEqual([2, 1]);
  });
});

describe('what speaks for itself', () => {
  it('calls statd status, never rpcbind', () => {
    const rpc = [
      {
        namespace: HOST,
        program: 100024,
        version: 1,
        protocol: 'udp',
        address: '0.0.0.0',
        port: 40662,
        name: 'status',
      },
    ];
    expect(heldBy('udp 0.0.0.0:40662', aProcess(5, '/sbin/unknown'), { rpc })).toMatchObject({
      listening: 'certain',
      service: { name: 'status', confidence: 'certain' },
    });
  });

  it('believes a handshake over names that could lie, and shows that they disagree', () => {
    const probes = [
      {
        protocol: 'tcp',
        address: '0.0.0.0',
        port: 2323,
        namespace: HOST,
        device: null,
        probe: 'ftp-banner',
        sent: 'nothing',
        service: 'ftp',
        product: 'vsftpd',
        version: '3.0.3',
        answer: '220 (vsFTPd 3.0.3)',
        facts: { authentication: 'none' },
        durationMs: 1,
      },
    ];
    expect(heldBy('tcp 0.0.0.0:2323', aProcess(5, '/opt/nginx'), { probes }).service).toMatchObject({
      name: 'ftp',
      version: '3.0.3',
      confidence: 'certain',
      authentication: 'none',
      disagreement: 'process says http, handshake says vsftpd',
    });
  });

  it('names the kernel by positive evidence', () => {
    const kernel = { name: 'nfsd', evidence: 'nfsd is mounted and lists the port' };
    const [listener] = identify(aSnapshot({ sockets: [aSocket('tcp 0.0.0.0:2049', { kernel })] }));
    expect(listener?.owners).toMatchObject([{ kind: 'kernel', pid: null, name: 'nfsd' }]);
    expect(listener?.service).toMatchObject({ name: 'nfs', confidence: 'certain' });
  });

  it('never throws, whatever a process is called and told', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '-m',
        '-L',
        '-jar',
        '--inspect=',
        'TCP-LISTEN:1',
        '-e',
        'port-forward',
        '\u0000',
        '-agentlib:jdwp=server=y,address=',
      ),
    );
    const exe = fc.constantFrom(
      '/usr/bin/python3',
      '/usr/bin/socat',
      '/usr/bin/ssh',
      '/usr/sbin/sshd',
      '/bin/busybox',
      '/usr/bin/java',
      '/usr/bin/kubectl',
      '/usr/bin/tcpserver',
      '/usr/bin/docker-proxy',
      '/x\n\u001b',
    );
    fc.assert(
      fc.property(exe, fc.array(word, { maxLength: 8 }), fc.string(), (path, args, name) => {
        heldBy('tcp 0.0.0.0:1', aProcess(5, path, args, { name }));
      }),
    );
  });
});
