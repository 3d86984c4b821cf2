import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hostAt } from '../../src/collect/host.js';
import { withArgumentFiles } from '../../src/collect/owners/argument-files.js';
import { mainClassIn } from '../../src/collect/software/jar.js';
import { Root } from '../../src/collect/software/root.js';
import { identify } from '../../src/identify/identify.js';
import { unwrapped } from '../../src/identify/wrappers.js';
import { scriptOf } from '../../src/lib/interpreters.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Process } from '../../src/model/process.js';
import type { Software } from '../../src/model/software.js';
import { aProcess, aSnapshot, aSocket } from './builders.js';

/** What is said of tcp/198.51.100.10:6005 (usually X11), held by the last of these processes. */
function said(processes: readonly Process[], software: Partial<Software> = {}): IdentifiedListener['service'] {
  const holder = processes.at(-1)?.pid ?? 0;
  const [listener] = identify(
    aSnapshot({ sockets: [aSocket('tcp 198.51.100.10:6005', { holders: [holder] })], processes, software }),
  );
  if (listener === undefined) throw new Error('no listener');
  return listener.service;
}

const runs = (exe: string, ...args: readonly string[]): readonly Process[] => [aProcess(5, exe, [exe, ...args])];
const brought = (name: string): Partial<Software> => ({
  packages: { 5: { manager: 'dpkg', name, version: '1.0', modified: false } },
});

describe('servers inside of other programs', () => {
  it.each([
    ['http', '/usr/bin/deno', 'serve', '--host', '198.51.100.10', '--port', '6005', 's.ts'],
    ['fastcgi', '/usr/bin/php-cgi8.2', '-b', '198.51.100.10:6005'],
    ['fastcgi', '/usr/bin/php-cgi', '-b198.51.100.10:6005'],
    ['https', '/usr/bin/openssl', 's_server', '-accept', '6005'],
    ['ftp', '/usr/bin/rclone', 'serve', 'ftp', 'remote:'],
    ['http', '/usr/bin/python3.11', '-c', 'import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=6005)'],
    ['http', '/usr/bin/python3.11', '-c', 'from xmlrpc.server import SimpleXMLRPCServer as S; S(("", 6005))'],
    ['http', '/usr/lib/swi-prolog/bin/swipl', '-g', "http_server(dispatch, [port('198.51.100.10':6005)])"],
    ['http', '/usr/lib/erlang/erts-13/bin/beam.smp', '--', '-eval', 'inets:start(httpd, [{port,6005}]).'],
  ])('are %s: %s %s %s', (service, exe, ...args) => {
    expect(said(runs(exe, ...args)).name).toBe(service);
  });

  it('are known by the address with a scheme that their command line, or their starter, has for this very port', () => {
    const mojo = runs('/usr/bin/perl', 'app.pl', 'daemon', '-l', 'http://198.51.100.10:6005');
    expect(said(mojo)).toMatchObject({ name: 'http', confidence: 'likely' });
    const starter = aProcess(4, '/usr/bin/perl', [
      '/usr/bin/perl',
      '/usr/bin/morbo',
      '-l',
      'http://198.51.100.10:6005',
    ]);
    expect(said([starter, aProcess(5, '/usr/bin/perl', ['app.pl'], { ppid: 4 })]).name).toBe('http');
    expect(said(runs('/srv/thing', '--upstream=http://192.0.2.7:6005')).name).toBeNull();
    expect(said(runs('/usr/bin/memcached', 'http://198.51.100.10:6005'), brought('memcached'))).toMatchObject({
      name: 'memcached',
      disagreement: 'port says x11, process says memcached',
    });
  });
});

describe('scripts', () => {
  it('are known by the package that brought them, whatever their file is called', () => {
    const npm = { manager: 'npm', name: 'serve', version: '14.2.0', modified: null };
    const serve = runs('/usr/bin/node', '/opt/node_modules/.bin/serve', '-l', '6005');
    expect(said(serve, { scriptPackages: { 5: npm } })).toMatchObject({ name: 'http', version: '14.2.0' });
    const jetty = { ...npm, manager: 'dpkg', name: 'jetty9' };
    expect(
      said(runs('/usr/bin/java', '-jar', '/usr/share/jetty9/start.jar'), { scriptPackages: { 5: jetty } }).name,
    ).toBe('http');
  });

  it('are found in a title that is a whole command, as process managers write it', () => {
    expect(scriptOf('/usr/bin/node', ['node /srv/app/server.js'], 'node')).toMatchObject({
      path: '/srv/app/server.js',
    });
    expect(scriptOf('/usr/bin/java', ['java', '@options', 'com.example.Main'], 'java')).toMatchObject({
      name: 'com.example.Main',
    });
  });

  it('are none where a file is only called as an interpreter', () => {
    const fake = runs('/srv/python3', '-m', 'http.server', '6005');
    const disguises = { 5: { kind: 'name-only', path: '/srv/python3', package: null } } as const;
    expect(said(fake, { disguises })).toMatchObject({ name: null });
  });

  it('are known by the class that the manifest of their jar names', () => {
    const spring = { 5: 'org.springframework.boot.loader.launch.JarLauncher' };
    expect(said(runs('/usr/bin/java', '-jar', 'app.jar'), { mainClasses: spring })).toMatchObject({
      name: 'http',
      confidence: 'likely',
    });
  });
});

/** A zip archive's first entries, as jar(1) writes them: sizes stand behind the data. */
function archive(...entries: readonly (readonly [name: string, text: string])[]): Buffer {
  return Buffer.concat(
    entries.flatMap(([name, text]) => {
      const header = Buffer.alloc(30);
      header.writeUInt32LE(0x04034b50, 0);
      header.writeUInt16LE(0x0808, 6);
      header.writeUInt16LE(8, 8);
      header.writeUInt16LE(name.length, 26);
      return [header, Buffer.from(name), deflateRawSync(Buffer.from(text)), Buffer.from('PK\x07\x08............')];
    }),
  );
}

describe('what the port usually means', () => {
  it('is the name of nothing that a script or an unpackaged program of nobody knows what opens; the number stands in the evidence', () => {
    for (const one of [runs('/usr/bin/python3.11', 'server.py'), runs('/srv/thing')]) {
      const { name, evidence } = said(one);
      expect(name).toBeNull();
      expect(evidence.join()).toContain('usual port of x11');
    }
  });

  it('is a guess where a package brought the program, or nobody was seen', () => {
    expect(said(runs('/usr/sbin/thingd'), brought('thing'))).toMatchObject({ name: 'x11', confidence: 'port-only' });
    expect(said([])).toMatchObject({ name: 'x11', confidence: 'port-only' });
  });
});

describe('files of arguments', () => {
  const reads = (text: string, command: string): readonly string[] => {
    const tree = mkdtempSync(join(tmpdir(), 'earshot-argfile-'));
    mkdirSync(join(tree, 'srv'));
    writeFileSync(join(tree, 'srv/o'), text);
    const args = withArgumentFiles(
      new Root(hostAt(tree), ''),
      aProcess(5, '/usr/bin/java', command.split(' '), { cwd: '/srv' }),
    );
    rmSync(tree, { recursive: true });
    return args;
  };

  it('are read for the virtual machine, with their secrets out', () => {
    expect(
      reads('# debug\n-agentlib:jdwp=server=y,address=*:6005 -Ddb.password=hunter2\n"-cp" \'a b\'', 'java @o a.B @o'),
    ).toEqual([
      'java',
      '-agentlib:jdwp=server=y,address=*:6005',
      '-Ddb.password=[redacted]',
      '-cp',
      'a b',
      'a.B',
      '@o',
    ]);
    expect(reads('-cp x a.B', 'java @o @o')).toEqual(['java', '-cp', 'x', 'a.B', '@o']);
  });

  it('are none behind the program that it runs, or where there is none', () => {
    for (const command of ['java -jar x.jar @o', 'java a.B @o', 'java @absent a.B', 'java -cp @o.jar a.B'])
      expect(reads('secret', command)).toEqual(command.split(' '));
  });
});

describe('manifests of jars', () => {
  it('name the class, also where a launch script stands before the archive and the line is folded', () => {
    const jar = archive(
      ['META-INF/', ''],
      ['META-INF/MANIFEST.MF', 'Manifest-Version: 1.0\r\nMain-Class: com.exam\r\n ple.Main\r\n'],
    );
    expect(mainClassIn(jar)).toBe('com.example.Main');
    expect(mainClassIn(Buffer.concat([Buffer.from('#!/bin/sh\nexec java -jar "$0"\n'), jar]))).toBe('com.example.Main');
  });

  it('say nothing where they are broken or are none', () => {
    const jar = archive(['META-INF/MANIFEST.MF', 'Main-Class: a.B\n']);
    for (let end = 0; end < jar.length; end++)
      expect([null, 'a', 'a.', 'a.B']).toContain(mainClassIn(jar.subarray(0, end)));
    expect(mainClassIn(archive(['x.class', 'PK']))).toBeNull();
  });
});

describe('wrappers', () => {
  it.each([
    ['setuidgid nobody /usr/sbin/telnetd', '/usr/sbin/telnetd'],
    ['env -i PATH=/bin tcpd /usr/sbin/in.fingerd', '/usr/sbin/in.fingerd'],
    ['sudo -u nobody -- nice -n 5 vsftpd x', 'vsftpd x'],
    ['timeout -s KILL 30 chroot /srv /bin/ftpd', '/bin/ftpd'],
    ['chpst -u ftp -/ /srv softlimit -m 1000 ftpd', 'ftpd'],
    ['env', 'env'],
  ])('%s runs %s', (words, inner) => {
    expect(unwrapped(words.split(' ')).join(' ')).toBe(inner);
  });
});

describe('programs that another one carries out', () => {
  it.each([
    ['/usr/bin/qemu-aarch64-static', '-cpu', 'max', '/usr/bin/memcached', '-p', '6005'],
    ['/usr/bin/qemu-x86_64', '-0', 'nginx', '/usr/bin/memcached'],
    ['/run/rosetta/rosetta', '/usr/bin/memcached', 'memcached'],
    ['/usr/libexec/valgrind/memcheck-amd64-linux', '--tool=memcheck', '/usr/bin/memcached'],
  ])('are what is told: %s %s %s', (exe, ...args) => {
    expect(said(runs(exe, ...args)).name).toBe('memcached');
  });
});

describe('ports that a session of sshd opened', () => {
  it('are the X11 of its client on loopback only', () => {
    const session = aProcess(5, '/usr/sbin/sshd', ['sshd: root@pts/0']);
    const at = (bind: string): string | null | undefined =>
      identify(aSnapshot({ sockets: [aSocket(bind, { holders: [5] })], processes: [session] }))[0]?.service.name;
    expect([at('tcp 127.0.0.1:6010'), at('tcp 198.51.100.10:6010'), at('tcp 127.0.0.1:6009')]).toEqual([
      'x11',
      'tcp-relay',
      'tcp-relay',
    ]);
  });
});

describe('systemd-socket-activate', () => {
  it.each([
    ['-l', '198.51.100.10:6005', '-l', '7000', 'gunicorn', 'app:app'],
    ['--listen=7000', '-l', '6005', '-E', 'A=1', '--fdname', 'web:x', '--', 'gunicorn', 'app:app'],
  ])('starts its command for each of its sockets: %s %s %s %s', (...args) => {
    expect(said(runs('/usr/bin/systemd-socket-activate', ...args)).name).toBe('http');
    expect(said(runs('/usr/bin/systemd-socket-activate', '-l', '7000', 'gunicorn', 'app:app')).name).toBeNull();
  });
});

describe('relays on command lines', () => {
  it.each([
    ['socks', '/usr/bin/ssh', '-NT', '-oDynamicForward=198.51.100.10:6005', 'box'],
    ['tcp-relay', '/usr/bin/ssh', '-N', '-o', 'LocalForward 6005 127.0.0.1:80', 'box'],
    ['tcp-relay', '/usr/bin/dbclient', '-N', '-L', '6005:127.0.0.1:80', 'box'],
    ['tcp-relay', '/usr/bin/hts', '-S', '-F', '192.0.2.1:80', '6005'],
    ['tcp-relay', '/usr/bin/ncat', '-lk', '198.51.100.10', '6005', '--sh-exec', 'ncat 192.0.2.1 80'],
    ['http-connect-proxy', '/usr/bin/ncat', '-lk', '6005', '--proxy-type', 'http'],
    ['netcat', '/usr/bin/ncat', '-l', '6005', '--chat'],
  ])('are told: %s by %s %s', (service, exe, ...args) => {
    expect(said(runs(exe, ...args), brought('some')).name).toBe(service);
  });
});
