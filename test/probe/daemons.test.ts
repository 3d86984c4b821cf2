import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { collectLive, type Wish } from '../../src/collect/live.js';
import { identify } from '../../src/identify/identify.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { itNeeds, needs } from '../needs.js';

/** Of this run alone: several may run at once on one machine. */
const NETNS = `ehb-daemons-${process.pid}`;
const ADDRESS = '198.51.100.9';
const required = [needs.linux, needs.root, needs.program('ip'), needs.program('ss')];
const canRun = required.every((need) => need.met());

let folder = '';
const started: number[] = [];

const inside = (...argv: readonly string[]): void => {
  const [program = '', ...args] = ['ip', 'netns', 'exec', NETNS, ...argv];
  const child = spawn(program, args, { stdio: 'ignore', detached: true, cwd: folder });
  child.on('error', () => undefined);
  child.unref();
  if (child.pid !== undefined) started.push(child.pid);
};
const has = (program: string): boolean => needs.program(program).met();
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** Daemons of Debian's packages, each on a port of its own. */
function start(): void {
  const base = ['--save', '', '--bind', '0.0.0.0', '--dir', folder];
  if (has('redis-server')) {
    inside('redis-server', '--port', '7001', '--protected-mode', 'no', ...base);
    inside('redis-server', '--port', '7002', '--requirepass', 'x', ...base);
    inside('redis-server', '--port', '7003', ...base);
  }
  if (has('memcached')) inside('memcached', '-u', 'nobody', '-l', ADDRESS, '-p', '7004');
  if (has('mosquitto')) {
    inside('mosquitto', '-c', file('open.conf', `listener 7005\nallow_anonymous true\nuser root\n`));
    inside('mosquitto', '-c', file('closed.conf', `listener 7006\nallow_anonymous false\nuser root\n`));
  }
  if (has('openssl') && has('nginx')) {
    const [key, certificate] = [join(folder, 'k'), join(folder, 'c')];
    const words = 'req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=probe.example';
    execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder};`);
    inside(
      'nginx',
      '-p',
      folder,
      '-c',
      file(
        'nginx.conf',
        `daemon off; error_log ${folder}/error; pid ${folder}/pid; events {} http { access_log off; ${paths.join(' ')} server { listen 7007 ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key}; } server { listen 7008; } }`,
      ),
    );
  }
  if (has('Xtigervnc')) inside('Xtigervnc', ':79', '-rfbport', '7009', '-SecurityTypes', 'None', '-nolisten', 'unix');
  if (has('Xvfb')) {
    inside('Xvfb', ':80', '-listen', 'tcp', '-ac', '-noreset', '-nolisten', 'unix');
    inside('Xvfb', ':81', '-listen', 'tcp', '-noreset', '-nolisten', 'unix');
  }
  if (has('snmpd'))
    inside('snmpd', '-f', '-C', '-c', file('snmpd.conf', 'rocommunity public\n'), `udp:${ADDRESS}:7010`);
  if (has('dnsmasq'))
    inside(
      'dnsmasq',
      '-k',
      '-C',
      '/dev/null',
      `--listen-address=${ADDRESS}`,
      '--bind-interfaces',
      '-p',
      '7011',
      '--no-resolv',
      '-u',
      'root',
    );
  inside(process.execPath, '--inspect=0.0.0.0:7012', '-e', 'setInterval(() => {}, 1e6)');
}

/** Waits until no further daemon has begun to listen for two seconds: which are installed, and come up, differs. */
async function settled(): Promise<void> {
  const heard = () => execFileSync('ip', ['netns', 'exec', NETNS, 'ss', '-Htuln'], { encoding: 'utf8' });
  for (let before = '', quiet = 0; quiet < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = heard();
    quiet = now === before && now !== '' ? quiet + 1 : 0;
    before = now;
  }
}

const WISH: Wish = {
  timeoutMs: 120_000,
  backend: 'auto',
  owners: 'auto',
  identity: true,
  probe: false,
  statistics: false,
};

let snapshot: Snapshot;
let listeners: readonly IdentifiedListener[] = [];
const on = (port: number): IdentifiedListener | undefined => listeners.find((one) => one.port === port);

describe('real daemons, asked from within their namespace', () => {
  beforeAll(async () => {
    if (!canRun) return;
    folder = mkdtempSync(join(tmpdir(), 'earshot-probe-'));
    execFileSync('chmod', ['777', folder]);
    execFileSync('sh', [
      '-c',
      `ip netns add ${NETNS} && ip -n ${NETNS} link set lo up && ip -n ${NETNS} link add p0 type veth peer name p1 && ip -n ${NETNS} link set p0 up && ip -n ${NETNS} link set p1 up && ip -n ${NETNS} addr add ${ADDRESS}/24 dev p0`,
    ]);
    start();
    await settled();
    const ours = (seen: Snapshot): readonly IdentifiedListener[] =>
      identify(seen).filter((one) => one.namespace.name === NETNS);
    snapshot = await collectLive(liveHost(), { ...WISH, probe: ours });
    listeners = ours(snapshot);
  });
  afterAll(() => {
    for (const pid of started) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    if (folder === '') return;
    execFileSync('ip', ['netns', 'del', NETNS]);
    rmSync(folder, { recursive: true, force: true });
  });
  const with_ = (...programs: readonly string[]) => [...required, ...programs.map((one) => needs.program(one))];

  itNeeds(
    with_('redis-server'),
    'Redis: open, with a password, and in protected mode, which refuses all but loopback',
    () => {
      expect(on(7001)?.service).toMatchObject({
        name: 'redis',
        authentication: 'none',
        facts: { 'redis.mode': 'standalone' },
      });
      expect(on(7001)?.service.evidence.join('\n')).toContain('redis-ping');
      expect(on(7002)?.service).toMatchObject({ name: 'redis', authentication: 'required' });
      expect(on(7003)?.service.facts).toMatchObject({ 'redis.protected': 'refuses us' });
      expect(on(7003)?.service.authentication).not.toBe('none');
    },
  );

  itNeeds(with_('memcached'), 'memcached answers anybody', () => {
    expect(on(7004)?.service).toMatchObject({
      name: 'memcached',
      authentication: 'none',
      facts: { 'memcached.items': '0' },
    });
  });

  itNeeds(with_('mosquitto'), 'an MQTT broker admits strangers, or wants a login', () => {
    expect(on(7005)?.service).toMatchObject({ name: 'mqtt', authentication: 'none' });
    expect(on(7006)?.service).toMatchObject({ name: 'mqtt', authentication: 'required' });
  });

  itNeeds(
    with_('nginx', 'openssl'),
    'a web server says its version, in TLS with whose certificate and until when',
    () => {
      expect(on(7008)?.service).toMatchObject({ name: 'http', encryption: 'cleartext' });
      const { encryption, facts } = on(7007)?.service ?? {
        encryption: null,
        facts: {} as Readonly<Record<string, string>>,
      };
      expect(encryption).toBe('tls');
      expect(facts).toMatchObject({ 'tls.subject': 'probe.example' });
      expect(Date.parse(facts['tls.expires'] ?? '')).toBeGreaterThan(Date.now());
      expect(facts['http.server']).toMatch(/^nginx/);
    },
  );

  itNeeds(with_('Xtigervnc'), 'a VNC server without a password is seen to have none', () => {
    expect(on(7009)?.service).toMatchObject({
      name: 'vnc',
      authentication: 'none',
      facts: { 'vnc.security-types': 'None' },
    });
  });

  itNeeds(
    with_('Xvfb'),
    'an X server that would not start over is asked, and lets anybody in, or its own host only',
    () => {
      expect(on(6080)?.service).toMatchObject({ name: 'x11', authentication: 'none' });
      expect(on(6081)?.service).toMatchObject({ name: 'x11', authentication: 'required' });
      const answer = snapshot.software.probes.find(({ port, address }) => port === 6080 && address === '0.0.0.0');
      expect(answer?.probe).toBe('x11-setup');
    },
  );

  itNeeds(with_('snmpd'), 'an SNMP agent answers the community public', () => {
    expect(on(7010)?.service).toMatchObject({ name: 'snmp', facts: { 'snmp.community': 'well-known' } });
  });

  itNeeds(with_('dnsmasq'), 'a resolver says its version, and is asked nothing that it would pass on', () => {
    const resolver = listeners.find(({ port, protocol }) => port === 7011 && protocol === 'udp');
    expect(resolver?.service).toMatchObject({ name: 'dns', facts: { 'dns.recursion-here': 'yes' } });
    expect(resolver?.service.facts['dns.version']).toMatch(/^dnsmasq-/);
  });

  itNeeds(required, 'a Node inspector lets anybody run code', () => {
    expect(on(7012)?.service).toMatchObject({ name: 'node-inspector', authentication: 'none' });
  });

  itNeeds(required, 'each TCP and UDP listener has an entry in the log of what was sent, or a gap', () => {
    const logged = new Set(
      snapshot.software.probes.map(({ protocol, address, port }) => `${protocol}/${address}:${port}`),
    );
    const gaps = snapshot.collection.gaps.filter(({ kind }) => kind === 'probe').map(({ what }) => what);
    for (const { protocol, address, port, id } of listeners) {
      if (protocol !== 'tcp' && protocol !== 'udp') continue;
      const isLogged = logged.has(`${protocol}/${address}:${port}`) || gaps.some((what) => what.includes(id));
      expect(isLogged, id).toBe(true);
    }
  });
});
