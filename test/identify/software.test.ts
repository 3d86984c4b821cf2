import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostAt } from '../../src/collect/host.js';
import { containerNamed } from '../../src/collect/software/containers.js';
import { PortNames, parseInetdConf } from '../../src/collect/software/inetd.js';
import { Root } from '../../src/collect/software/root.js';
import { parseRpcinfo } from '../../src/collect/software/rpc.js';
import { PORTS } from '../../src/collect/software/settings-ports.js';
import { SPECIALS } from '../../src/collect/software/settings-special.js';
import { iniValues, keyValues, statements, yamlValues } from '../../src/collect/software/settings-syntax.js';
import { readSoftware } from '../../src/collect/software/software.js';
import { parseUnitFile, splitWords } from '../../src/collect/software/unit-file.js';
import { identify } from '../../src/identify/identify.js';
import { scriptOf } from '../../src/lib/interpreters.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Process } from '../../src/model/process.js';
import type { Socket } from '../../src/model/socket.js';
import { aProcess, aSnapshot, aSocket } from './builders.js';

const host = hostAt(fileURLToPath(new URL('../../fixtures/hosts/identity', import.meta.url)));

async function listenersOf(
  sockets: readonly Socket[],
  processes: readonly Process[],
): Promise<readonly IdentifiedListener[]> {
  const { value: software } = await readSoftware(host, { sockets, processes, namespaces: [] }, { identity: true });
  return identify(aSnapshot({ sockets, processes, software }));
}

const held = (bind: string, pid: number, more: Partial<Socket> = {}): Socket =>
  aSocket(bind, { holders: [pid], ...more });

describe('systemd socket units', () => {
  const systemd = aProcess(1, '/usr/lib/systemd/systemd', ['/sbin/init']);

  it('follows a drop-in that moves telnet, and the template that answers', async () => {
    const [listener] = await listenersOf([held('tcp 192.0.2.5:2323', 1)], [systemd]);
    expect(listener?.service).toMatchObject({ name: 'telnet', confidence: 'certain', disagreement: null });
    expect(listener?.owners[0]?.unit).toBe('telnet.socket');
    expect(listener?.service.evidence[0]).toContain('telnet.socket.d/10-move.conf:4');
    expect(listener?.service.evidence[0]).toContain('/usr/sbin/in.telnetd');
  });

  it('does not claim a port that the drop-in took away', async () => {
    const [listener] = await listenersOf([held('tcp [::]:23', 1)], [systemd]);
    expect(listener?.owners[0]?.unit).toBeNull();
    expect(listener?.service.confidence).toBe('port-only');
  });

  it('names the target of a socket proxy that an instance of a template starts', async () => {
    const [listener] = await listenersOf([held('tcp 127.0.0.1:8081', 1)], [systemd]);
    expect(listener?.owners[0]?.unit).toBe('web@8081.socket');
    expect(listener?.service.relayTo).toEqual({ address: '10.0.0.9', port: 80, listener: null });
  });

  it('leaves a masked unit out, and takes datagrams for what they are', async () => {
    const [rlogin, tftp] = await listenersOf([held('tcp [::]:513', 1), held('udp [::]:69', 1)], [systemd]);
    expect(rlogin?.owners[0]?.unit).toBeNull();
    expect(tftp?.service).toMatchObject({ name: 'tftp', confidence: 'certain' });
  });

  it('does not believe a unit whose socket another program holds', async () => {
    const [listener] = await listenersOf([held('udp [::]:69', 9)], [systemd, aProcess(9, '/opt/thing')]);
    expect(listener?.service.name).toBeNull();
  });
});

describe('a machine with a systemd of its own', () => {
  it('is read in its own root, and its units are held by its own manager', async () => {
    const tree = mkdtempSync(join(tmpdir(), 'earshot-machine-'));
    cpSync(host.root, join(tree, 'machine'), { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(tree, 'proc/500'), { recursive: true });
    symlinkSync('/machine', join(tree, 'proc/500/root'));
    const namespaces = { net: 1, pid: 2, mnt: 77, user: 3 };
    const manager = aProcess(500, '/usr/lib/systemd/systemd', ['/sbin/init'], { ownRoot: true, namespaces });
    const sockets = [held('tcp 192.0.2.5:2323', 500)];
    const { value: software } = await readSoftware(
      hostAt(tree),
      { sockets, processes: [manager], namespaces: [] },
      { identity: true },
    );
    rmSync(tree, { recursive: true });
    const [listener] = identify(aSnapshot({ sockets, processes: [manager], software }));
    expect(listener?.service).toMatchObject({ name: 'telnet', confidence: 'certain' });
    expect(listener?.owners[0]?.unit).toBe('telnet.socket');
  });

  it('reads the units of a user, from the home that the user’s manager names', async () => {
    const tree = mkdtempSync(join(tmpdir(), 'earshot-user-'));
    const units = join(tree, 'home/ann/.config/systemd/user');
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, 'files.socket'), '[Socket]\nListenStream=0.0.0.0:8099\n');
    writeFileSync(join(units, 'files.service'), '[Service]\nExecStart=/usr/bin/python3 -m http.server\n');
    const manager = aProcess(700, '/usr/lib/systemd/systemd', ['/lib/systemd/systemd', '--user'], {
      uid: 1000,
      environment: { HOME: '/home/ann' },
    });
    const sockets = [held('tcp 0.0.0.0:8099', 700)];
    const { value: software } = await readSoftware(
      hostAt(tree),
      { sockets, processes: [manager], namespaces: [] },
      { identity: true },
    );
    rmSync(tree, { recursive: true });
    const [listener] = identify(aSnapshot({ sockets, processes: [manager], software }));
    expect(listener?.service).toMatchObject({ name: 'http', confidence: 'certain' });
  });
});

describe('inetd and xinetd', () => {
  const inetd = aProcess(50, '/usr/sbin/inetd');
  const xinetd = aProcess(60, '/usr/sbin/xinetd', ['/usr/sbin/xinetd', '-f', '/etc/xinetd.conf']);

  it('sees through a TCP wrapper, addresses and moved ports', async () => {
    const listeners = await listenersOf(
      [
        held('tcp 0.0.0.0:23', 50),
        held('tcp 127.0.0.1:2121', 50),
        held('tcp [::1]:79', 50),
        held('udp 0.0.0.0:19', 50),
        held('udp 0.0.0.0:69', 50),
      ],
      [inetd],
    );
    expect(listeners.map(({ id, service }) => [id, service.name, service.confidence])).toEqual([
      ['tcp/0.0.0.0:23@host', 'telnet', 'certain'],
      ['tcp/[::1]:79@host', 'finger', 'certain'],
      ['tcp/127.0.0.1:2121@host', 'ftp', 'certain'],
      ['udp/0.0.0.0:19@host', 'chargen', 'certain'],
      ['udp/0.0.0.0:69@host', 'tftp', 'certain'],
    ]);
    expect(listeners[0]?.owners[0]?.inetd).toEqual({ program: '/usr/sbin/tcpd', file: '/etc/inetd.conf', line: 3 });
  });

  it('takes an entry that is commented out for none', async () => {
    const [listener] = await listenersOf([held('tcp 0.0.0.0:21', 50)], [inetd]);
    expect(listener?.owners[0]?.inetd).toBeNull();
  });

  it('reads blocks, binds and redirects of xinetd, and stops in a circle of includes', async () => {
    const [redirected, telnet] = await listenersOf(
      [held('tcp 192.0.2.5:10023', 60), held('tcp 0.0.0.0:8023', 60)],
      [xinetd],
    );
    expect(telnet?.service).toMatchObject({ name: 'telnet', confidence: 'certain' });
    expect(telnet?.owners[0]?.inetd).toMatchObject({ file: '/etc/xinetd.d/services', line: 1 });
    expect(redirected?.service.relayTo).toEqual({ address: '10.0.0.9', port: 23, listener: null });
  });

  it('knows which xinetd services are off, and whom they serve', async () => {
    const { value } = await readSoftware(
      host,
      { sockets: [held('tcp 0.0.0.0:1', 60)], processes: [xinetd], namespaces: [] },
      { identity: true },
    );
    expect(value.inetd.map(({ service, disabled, onlyFrom }) => [service, disabled, onlyFrom.length])).toEqual([
      ['telnet', false, 1],
      ['relay', false, 1],
      ['ftp', true, 1],
      ['time', true, 1],
    ]);
  });
});

describe('packages and disguises', () => {
  it('finds the package of a file that its list knows by the path before /usr was merged', async () => {
    const [listener] = await listenersOf([held('tcp 0.0.0.0:2300', 7)], [aProcess(7, '/usr/sbin/in.telnetd')]);
    expect(listener?.owners[0]?.package).toMatchObject({
      manager: 'dpkg',
      name: 'inetutils-telnetd',
      version: '2:2.4-2+deb12u1',
    });
    expect(listener?.service).toMatchObject({ name: 'telnet', confidence: 'certain', version: '2.4' });
  });

  it('is not deceived by a copy of netcat that calls itself sshd', async () => {
    const [listener] = await listenersOf([held('tcp 0.0.0.0:22', 700)], [aProcess(700, '/tmp/sshd')]);
    expect(listener?.service).toMatchObject({
      name: 'netcat',
      product: 'netcat',
      disagreement: 'port says ssh, process says netcat',
    });
    expect(listener?.owners[0]?.package).toBeNull();
    expect(listener?.service.evidence[0]).toContain('/usr/bin/nc.openbsd');
  });

  it('reads whether redis lets strangers in, and never a password', async () => {
    const redis = aProcess(8, '/usr/bin/redis-server', ['/usr/bin/redis-server 0.0.0.0:6379']);
    const [listener] = await listenersOf([held('tcp 0.0.0.0:6379', 8)], [redis]);
    expect(listener?.service.facts).toMatchObject({ 'redis.requirepass': 'unset', 'redis.protected-mode': 'no' });
    expect(listener?.service.authentication).toBe('none');
    expect(JSON.stringify(listener)).not.toContain('foobared');
  });
});

describe('containers', () => {
  const id = (letter: string): string => letter.repeat(64);

  it('tells runtimes by cgroups of version 1, version 2 and both', () => {
    expect(containerNamed([`0::/system.slice/docker-${id('a')}.scope`])).toMatchObject({
      runtime: 'docker',
      id: id('a'),
    });
    expect(containerNamed([`12:pids:/docker/${id('a')}`])).toMatchObject({ runtime: 'docker' });
    expect(containerNamed([`0::/machine.slice/libpod-${id('a')}.scope/container`])).toMatchObject({
      runtime: 'podman',
    });
    expect(containerNamed([`0::/machine.slice/libpod-conmon-${id('a')}.scope`])).toBeNull();
    expect(containerNamed(['0::/lxc.payload.mail/system.slice'])).toMatchObject({ runtime: 'lxc', id: 'mail' });
    expect(containerNamed(['0::/machine.slice/machine-build\\x2d1.scope/payload'])).toMatchObject({
      runtime: 'systemd-nspawn',
      id: 'build-1',
    });
    expect(
      containerNamed([
        `0::/kubepods.slice/kubepods-pod1a2b3c4d_1111_2222_3333_444455556666.slice/cri-containerd-${id('b')}.scope`,
      ]),
    ).toMatchObject({
      runtime: 'containerd',
      podUid: '1a2b3c4d-1111-2222-3333-444455556666',
    });
    expect(containerNamed(['0::/user.slice/user-1000.slice'])).toBeNull();
  });

  it('reads names and images from the state on disk, and lives with a broken one', async () => {
    const inside = (pid: number, cgroup: string): Process =>
      aProcess(pid, '/usr/sbin/nginx', ['nginx'], { cgroup, cgroups: [cgroup] });
    const listeners = await listenersOf(
      [held('tcp 0.0.0.0:1', 1001), held('tcp 0.0.0.0:2', 1002), held('tcp 0.0.0.0:3', 1003)],
      [
        inside(1001, `0::/docker/${id('a')}`),
        inside(1002, `0::/kubepods/besteffort/pod1/${id('b')}`),
        inside(1003, `0::/docker/${id('c')}`),
      ],
    );
    expect(listeners.map((listener) => listener.owners[0]?.container)).toEqual([
      { runtime: 'docker', id: id('a'), name: 'shop', image: 'shop:1.2' },
      { runtime: 'containerd', id: id('b'), name: 'web', image: 'nginx:1', pod: 'prod/web-7d9' },
      { runtime: 'docker', id: id('c'), name: null, image: null },
    ]);
  });
});

describe('configurations that tell ports apart', () => {
  const read = (program: string, text: string): Record<string, string> =>
    Object.fromEntries(
      [...SPECIALS, ...PORTS]
        .filter(({ programs }) => programs.test(program))
        .flatMap((one) => one.read(text))
        .map(({ name, value, line }) => [name, `${value} ${line}`]),
    );

  it('reads each program’s own way of saying it', () => {
    expect(read('tor', 'SocksPort 10.0.0.1:19050\nControlPort [::1]:19051\nDNSPort 0\n')).toEqual({
      'listen.tcp.19050': 'tor-socks 1',
      'listen.tcp.19051': 'tor-control 2',
    });
    expect(read('transmission-daemon', '{\n    "peer-port": 51414,\n    "rpc-port": 19191,\n}')).toEqual({
      'listen.tcp.51414': 'bittorrent 2',
      'listen.udp.51414': 'bittorrent 2',
      'listen.tcp.19191': 'transmission 3',
    });
    expect(read('openvpn', 'port 1195\nmanagement 127.0.0.1 7506 pw\n')['listen.tcp.7506']).toBe(
      'openvpn-management 2',
    );
    expect(read('unbound', 'server:\n  interface: 10.0.0.1@8853\n  tls-port: 8853\n  port: 5353\n')).toMatchObject({
      'listen.tcp.8853': 'dns-over-tls 3',
      'listen.udp.5353': 'dns 4',
    });
    expect(read('dnsdist', 'setLocal("10.0.0.1:1045")\nwebserver(\'127.0.0.1:8083\')\n')).toEqual({
      'listen.tcp.1045': 'dns 1',
      'listen.udp.1045': 'dns 1',
      'listen.tcp.8083': 'http 2',
    });
    expect(read('beam.smp', 'listen:\n  - port: 15222\n    module: ejabberd_c2s\n')['listen.tcp.15222']).toBe('xmpp 2');
  });

  it('reads which port of a mail or name server is which', () => {
    const master =
      'smtp inet n - y - - smtpd\n2465 inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n10.0.0.1:10026 inet n - n - - smtpd\n';
    expect(read('master', master)).toEqual({ 'listen.tcp.2465': 'smtps 2', 'listen.tcp.10026': 'smtp 4' });
    const cyrus =
      'SERVICES {\n  pop cmd="pop3d -s" listen="127.0.0.1:1995"\n  imap cmd="imapd -U 30" listen="imap"\n}\n';
    expect(read('cyrmaster', cyrus)).toEqual({ 'listen.tcp.1995': 'pop3s 2' });
    const named =
      'options { listen-on port 5354 { any; }; };\ncontrols { inet 127.0.0.1 port 9530 allow { any; }; };\nstatistics-channels { inet * port 8053; };\n';
    expect(read('named', named)).toEqual({
      'listen.tcp.5354': 'dns 1',
      'listen.udp.5354': 'dns 1',
      'listen.tcp.9530': 'rndc 2',
      'listen.tcp.8053': 'http 3',
    });
  });
});

describe('foreign files', () => {
  it('never makes a reader throw, whatever they hold', () => {
    const ports = new PortNames(new Root(host, ''));
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]=;:\n\\"\' \tabLS19%@#/*.'), maxLength: 400 })),
        (text) => {
          parseUnitFile(text, '/f');
          splitWords(text);
          parseInetdConf(text, '/f', 'inetd', ports, 1);
          statements(text);
          iniValues(text);
          yamlValues(text);
          keyValues(text, /\s+/);
          parseRpcinfo(text, 1);
          containerNamed([text]);
          for (const special of [...SPECIALS, ...PORTS]) special.read(text);
          scriptOf('/usr/bin/python3', text.split(' '), text);
          scriptOf('/usr/bin/java', text.split(' '), text);
          scriptOf('/bin/busybox', text.split(' '), text);
        },
      ),
    );
  });

  it('lets no link of a container lead out of it', () => {
    const root = new Root(host, '/etc');
    expect(root.place('/systemd/system/rlogin.socket')).toBe('/etc/dev/null');
    expect(root.place('/systemd/system/loop.socket')).toBeNull();
    expect(root.place('/../../usr/bin')).toBe('/etc/usr/bin');
  });
});

describe('package databases of other distributions', () => {
  const packageIn = async (tree: string, exe: string): Promise<unknown> => {
    const there = hostAt(fileURLToPath(new URL(`../../fixtures/hosts/identity-${tree}`, import.meta.url)));
    const subjects = { sockets: [held('tcp 0.0.0.0:23', 5)], processes: [aProcess(5, exe)], namespaces: [] };
    return (await readSoftware(there, subjects, { identity: true })).value.packages['5'];
  };

  it('finds Alpine packages with and without /usr', async () => {
    expect(await packageIn('apk', '/bin/busybox-extras')).toMatchObject({
      manager: 'apk',
      name: 'busybox-extras',
      version: '1.36.1-r29',
    });
    expect(await packageIn('apk', '/usr/bin/redis-server')).toMatchObject({ name: 'redis' });
    expect(await packageIn('apk', '/usr/bin/other')).toBeUndefined();
  });

  it('finds Arch packages by the folder of each', async () => {
    expect(await packageIn('pacman', '/usr/bin/telnetd')).toMatchObject({
      manager: 'pacman',
      name: 'inetutils',
      version: '2.5-1',
    });
  });

  it('finds RPM packages in the SQLite database, without starting rpm', async () => {
    expect(await packageIn('rpm', '/usr/sbin/in.telnetd')).toMatchObject({
      manager: 'rpm',
      name: 'telnet-server',
      version: '1:0.17-85.el9',
    });
    expect(await packageIn('rpm', '/usr/sbin/in.ftpd')).toBeUndefined();
  });

  it('takes language packages by their path', async () => {
    expect(await packageIn('apk', '/root/.pyenv/versions/3.12.1/bin/python3.12')).toMatchObject({
      manager: 'pyenv',
      version: '3.12.1',
    });
    expect(
      await packageIn('apk', '/nix/store/0123456789abcdfghijklmnpqrsvwxyz-redis-7.2.4/bin/redis-server'),
    ).toMatchObject({ manager: 'nix', name: 'redis', version: '7.2.4' });
    expect(await packageIn('apk', '/tmp/.mount_Signal1a2b3c/signal')).toMatchObject({ manager: 'appimage' });
  });
});

describe('sockets whose holder nobody could see', () => {
  it('are known by the unit in whose control group they were made', async () => {
    const tree = mkdtempSync(join(tmpdir(), 'earshot-cgroup-'));
    const group = join(tree, 'sys/fs/cgroup/system.slice/tftp.service');
    mkdirSync(group, { recursive: true });
    mkdirSync(join(tree, 'usr/lib/systemd/system'), { recursive: true });
    for (const name of ['cgroup.procs', 'cgroup.controllers']) writeFileSync(join(tree, 'sys/fs/cgroup', name), '');
    writeFileSync(join(tree, 'usr/lib/systemd/system/tftp.service'), '[Service]\nExecStart=/usr/sbin/in.tftpd -l\n');
    const sockets = [aSocket('udp 0.0.0.0:1069', { cgroupId: String(statSync(group).ino), holdersComplete: false })];
    const { value: software } = await readSoftware(
      hostAt(tree),
      { sockets, processes: [], namespaces: [] },
      { identity: true },
    );
    rmSync(tree, { recursive: true });
    const [listener] = identify(aSnapshot({ sockets, software }));
    expect(listener?.service).toMatchObject({ name: 'tftp', confidence: 'likely' });
    expect(listener?.owners).toEqual([]);
    expect(listener?.service.evidence[0]).toContain('tftp.service');
  });
});

describe('files made to be slow', () => {
  const LONG = 300_000;
  it('are read in a moment', () => {
    for (const piece of ['\n', ' ', '\\"', '"', "'", '/* ', '\\', '#', 'include  ', '= ', '{', '[', '-x ']) {
      const text = piece.repeat(LONG / piece.length);
      statements(text);
      splitWords(text);
      keyValues(`a${text}b`, /\s*=\s*/);
      iniValues(text);
      yamlValues(text);
      parseUnitFile(text, '/f');
      for (const special of SPECIALS) special.read(text);
    }
  }, 20_000);
});
