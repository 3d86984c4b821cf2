import { describe, expect, it } from 'vitest';
import type { Rank } from '../../src/model/exposure.js';
import type { Listener } from '../../src/model/listener.js';
import type { Published } from '../../src/model/report.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { judge, summaries } from '../../src/rules/rules.js';
import { aListener, anOwner, aService, aSnapshot, exposedTo } from './facts.js';
import { load, rule } from './files.js';

const TELNET = '{ selection: { service.name: telnet }, condition: selection }';

async function judged(text: string, listeners: readonly Listener[], snapshot: Snapshot = aSnapshot()) {
  const { ruleSet } = await load({ 'a.yaml': text });
  return judge(ruleSet, { snapshot, listeners, published: [] });
}

const bySeverity = (map: string): string =>
  `rules:\n  - { id: t, title: Telnet, subject: listener, severity: ${map}, detection: ${TELNET} }\n`;

describe('a finding', () => {
  it('is as bad as its exposure: an entry holds for its zone and every wider one up to the next', async () => {
    const text = bySeverity('{ loopback: low, private: high, public: critical }');
    const severity = async (rank: Rank) =>
      (await judged(text, [aListener({ exposure: exposedTo(rank) })]))[0]?.severity;
    expect(await severity('local')).toBe('info');
    expect(await severity('loopback')).toBe('low');
    expect(await severity('link')).toBe('low');
    expect(await severity('private')).toBe('high');
    expect(await severity('public')).toBe('critical');
  });

  it('calls a service by any of its names', async () => {
    const text = `rules:\n${rule('v', '{ selection: { service.name: rfb }, condition: selection }')}`;
    expect(await judged(text, [aListener({ service: aService({ name: 'vnc' }) })])).toHaveLength(1);
    expect(await judged(text.replace('rfb', 'VNC'), [aListener({ service: aService({ name: 'vnc' }) })])).toHaveLength(
      1,
    );
    expect(await judged(text, [aListener()])).toHaveLength(0);
  });

  it('says so where only the port speaks for it, and then is medium at most where an owner was there to recognise', async () => {
    const portOnly = aListener({ service: aService({ confidence: 'port-only' }) });
    const [live] = await judged(bySeverity('critical'), [portOnly]);
    expect(live).toMatchObject({ title: 'Telnet (by its port number alone)', severity: 'medium' });
    const { owners: _, ...rest } = portOnly;
    const [unseen] = await judged(bySeverity('critical'), [{ ...rest, owners: [] }]);
    expect(unseen).toMatchObject({ severity: 'critical' });
    const capture = aSnapshot({ collection: { ...aSnapshot().collection, source: 'capture' } });
    const [captured] = await judged(bySeverity('critical'), [portOnly], capture);
    expect(captured).toMatchObject({ title: 'Telnet (by its port number alone)', severity: 'critical' });
  });

  it('does not rest on the port where its owner is what the rule is about', async () => {
    const text = `rules:\n${rule('d', '{ selection: { owners.exeState: deleted }, condition: selection }')}`;
    const listener = aListener({
      service: aService({ confidence: 'port-only' }),
      owners: [anOwner({ exeState: 'deleted' })],
    });
    expect((await judged(text, [listener]))[0]).toMatchObject({ title: 'Title of d', severity: 'high' });
  });

  it('shows the fields that made it, with their values', async () => {
    const text = `rules:\n${rule('e', '{ a: { service.name: telnet, port|gte: 20 }, b: { owners.user: bob }, condition: a and not b }')}`;
    expect((await judged(text, [aListener()]))[0]?.evidence).toEqual([
      { field: 'service.name', value: 'telnet', why: 'is telnet' },
      { field: 'port', value: '23', why: 'is at least 20' },
    ]);
  });

  it('keeps its fingerprint over pid, exposure, severity and version, and loses it with the address', async () => {
    const print = async (listener: Listener) => (await judged(bySeverity('high'), [listener]))[0]?.fingerprint;
    const first = await print(aListener());
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(
      await print(
        aListener({
          owners: [anOwner({ pid: 9 })],
          exposure: exposedTo('link'),
          service: aService({ version: '2' }),
          namespace: { id: 7, name: 'host' },
        }),
      ),
    ).toBe(first);
    expect(await print(aListener({ address: '127.0.0.1' }))).not.toBe(first);
  });

  it('is named by its service where the port is drawn at each start', async () => {
    const print = async (port: number) =>
      (await judged(bySeverity('high'), [aListener({ listening: 'possible', port })]))[0]?.fingerprint;
    expect(await print(40001)).toBe(await print(50002));
  });

  it('is named by its service where rpcbind knows a port that is not its usual one', async () => {
    const text = `rules:\n${rule('m', '{ selection: { service.name: mountd }, condition: selection }')}`;
    const print = async (port: number) => {
      const registration = {
        namespace: 1,
        program: 100005,
        version: 3,
        protocol: 'tcp',
        address: '0.0.0.0',
        port,
        name: 'mountd',
      };
      const snapshot = aSnapshot({ software: { ...aSnapshot().software, rpc: [registration] } });
      const listener = aListener({ port, service: aService({ name: 'mountd' }) });
      return (await judged(text, [listener], snapshot))[0]?.fingerprint;
    };
    expect(await print(40001)).toBe(await print(50002));
    expect(await print(20048)).not.toBe(await print(50002));
  });

  it('comes out in the same order whatever the order of listeners', async () => {
    const listeners = ['10.0.0.2', '10.0.0.1', '::'].map((address) =>
      aListener({ id: `tcp/${address}:23@host`, address }),
    );
    const forth = await judged(bySeverity('high'), listeners);
    const back = await judged(bySeverity('high'), [...listeners].reverse());
    expect(JSON.stringify(back)).toBe(JSON.stringify(forth));
  });

  it('names the file to change', async () => {
    const inetd = { program: '/usr/sbin/telnetd', file: '/etc/inetd.conf', line: 7 };
    const [match] = await judged(bySeverity('high'), [aListener({ owners: [anOwner({ inetd })] })]);
    expect(match?.locations).toEqual([
      { file: '/etc/inetd.conf', repoPath: null, line: 7, what: 'the entry of /usr/sbin/telnetd' },
    ]);
  });
});

describe('what to type', () => {
  const text = (remediation: string): string => `rules:\n${rule('r', TELNET, `remediation: { ${remediation} }`)}`;
  const commands = async (remediation: string, listener: Listener, snapshot?: Snapshot) =>
    (await judged(text(remediation), [listener], snapshot))[0]?.remediation.map(({ command }) => command);
  const both =
    'debian: [{ what: d, command: "apt-get purge {package}" }], rhel: [{ what: r, command: "dnf remove {package}" }], generic: [{ what: g, command: "kill {pid}" }]';
  const pack = { manager: 'dpkg', name: 'telnetd', version: '1' };

  it('fits the host', async () => {
    const listener = aListener({ owners: [anOwner({ package: pack })] });
    expect(await commands(both, listener)).toEqual(['apt-get purge telnetd', 'kill 4711']);
    const rocky = aSnapshot({ host: { ...aSnapshot().host, platforms: ['rocky', 'rhel', 'fedora'] } });
    expect(await commands(both, listener, rocky)).toEqual(['dnf remove telnetd', 'kill 4711']);
  });

  it('quotes foreign text, and leaves the command out where it cannot be shown', async () => {
    const kill = 'generic: [{ what: stop it, command: "rm {exe}" }]';
    const at = (exe: string) => commands(kill, aListener({ owners: [anOwner({ exe })] }));
    expect(await at('/tmp/a b;reboot')).toEqual(["rm '/tmp/a b;reboot'"]);
    expect(await at("/tmp/$(x)'y")).toEqual(["rm '/tmp/$(x)'\\''y'"]);
    expect(await at('/tmp/a\nb')).toEqual(['']);
    expect(await at('/tmp/\u202egpj.sh')).toEqual(['']);
    expect(await at('-rf')).toEqual(['']);
  });

  describe('suits who holds the listener', () => {
    const ftp = [
      'debian: [{ what: v, command: "systemctl disable --now vsftpd.service" }',
      '{ what: p, command: "systemctl disable --now proftpd.service" }]',
      'generic: [{ what: u, command: ssh-keygen }]',
    ].join(', ');
    const heldBy = (parts: Parameters<typeof anOwner>[0]) => commands(ftp, aListener({ owners: [anOwner(parts)] }));

    it('names the program that is there, and not the others of its kind', async () => {
      const vsftpd = { name: 'vsftpd', exe: '/usr/sbin/vsftpd', args: ['vsftpd'], unit: 'vsftpd.service' };
      expect(await heldBy(vsftpd)).toEqual(['systemctl disable --now vsftpd.service', 'ssh-keygen']);
    });

    it('takes a line out of inetd where inetd holds it', async () => {
      const inetd = { program: '/usr/sbin/ftpd', file: '/etc/inetd.conf', line: 3 };
      const owner = { name: 'inetutils-inetd', exe: '/usr/sbin/inetutils-inetd', unit: 'inetutils-inetd.service' };
      expect(await heldBy({ ...owner, inetd })).toEqual([
        "sed -i '3s/^/#/' /etc/inetd.conf && kill -HUP 4711",
        'ssh-keygen',
      ]);
    });

    it('stops the unit or ends the process where the rule knows another program only', async () => {
      const script = { name: 'python3', exe: '/usr/bin/python3.11', args: ['python3', 'ftpish.py'] };
      expect(await heldBy({ ...script, unit: 'drop.service' })).toEqual([
        'systemctl disable --now drop.service',
        'ssh-keygen',
      ]);
      expect(await heldBy(script)).toEqual(['kill 4711', 'ssh-keygen']);
    });

    it('shows every way where the owner was not seen', async () => {
      expect(await commands(ftp, aListener({ owners: [] }))).toHaveLength(3);
      expect(await heldBy({ exe: null })).toHaveLength(3);
    });
  });

  it('runs nft in the namespace of the listener', async () => {
    const guard = 'generic: [{ what: g, command: "nft add table inet guard", undo: "nft delete table inet guard" }]';
    const [match] = await judged(text(guard), [aListener({ namespace: { id: 2, name: 'web' } })]);
    expect(match?.remediation[0]).toMatchObject({
      command: 'nsenter --target 4711 --net nft add table inet guard',
      undo: 'nsenter --target 4711 --net nft delete table inet guard',
    });
    expect(await commands(guard, aListener())).toEqual(['nft add table inet guard']);
  });

  it('does not say that the host still reaches what is closed in another namespace', async () => {
    const guard = 'generic: [{ what: "let only this host reach it", command: "nft add table inet guard" }]';
    const [inside] = await judged(text(guard), [aListener({ namespace: { id: 2, name: 'web' } })]);
    expect(inside?.remediation[0]?.what).toBe('let only its own namespace reach it');
    const [here] = await judged(text(guard), [aListener()]);
    expect(here?.remediation[0]?.what).toBe('let only this host reach it');
  });

  it('names both ports of a published one, a range of them, and the program that runs the container', async () => {
    const steps = 'generic: [{ what: g, command: "{runtime} run -p 127.0.0.1:{port}:{target} {image}; nft {ports}" }]';
    const detection = '{ selection: { port: 8080 }, condition: selection }';
    const rules = `rules:\n${rule('r', detection, `remediation: { ${steps} }`).replace('listener', 'published')}`;
    const { ruleSet } = await load({ 'a.yaml': rules });
    const published = (runtime: string): Published => ({
      ...aListener({
        port: 8080,
        owners: [anOwner({ container: { runtime, id: 'c0ffee', name: 'web', image: 'nginx' } })],
      }),
      id: 'published/tcp/0.0.0.0:8080-8089@host',
      family: 'ipv4',
      address: '0.0.0.0',
      exposure: exposedTo('public'),
      portEnd: 8089,
      via: {
        kind: 'rule',
        backend: 'nft',
        family: 'ip',
        table: 'nat',
        chain: 'DOCKER',
        handle: 9,
        number: null,
        rule: '',
        verdict: 'dnat',
      },
      target: { address: '172.17.0.2', port: 80, portEnd: 89, namespace: 'web', listener: null },
    });
    const told = async (runtime: string) =>
      (await judge(ruleSet, { snapshot: aSnapshot(), listeners: [], published: [published(runtime)] }))[0]
        ?.remediation[0]?.command;
    expect(await told('podman')).toBe('podman run -p 127.0.0.1:8080:80 nginx; nft 8080-8089');
    expect(await told('lxc')).toBe('');
  });

  it('tells an X server by its display', async () => {
    const xhost = 'generic: [{ what: g, command: "DISPLAY=:{display} xhost -" }]';
    expect(await commands(xhost, aListener({ port: 6007 }))).toEqual(['DISPLAY=:7 xhost -']);
    expect(await commands(xhost, aListener({ port: 177 }))).toEqual(['']);
  });

  it('speaks of the container where it runs in one', async () => {
    const container = { runtime: 'docker', id: 'c0ffee', name: 'web', image: 'nginx' };
    const steps = `docker: [{ what: d, command: "docker stop {container}" }], ${both}`;
    expect(await commands(steps, aListener({ owners: [anOwner({ container, package: pack })] }))).toEqual([
      'docker stop web',
      'kill 4711',
    ]);
  });
});

describe('a policy', () => {
  const policy = [
    'policy:',
    '  mode: allowlist',
    '  allow:',
    '    - { name: ssh, service.name: ssh, port: 22 }',
    '    - { name: web, service.name: http, port|gte: 80, port|lte: 90, owners.user: www-data }',
    '    - { exposure.widest: [none, local, loopback] }',
    '',
  ].join('\n');
  const ssh = (port: number) => aListener({ id: `tcp/0.0.0.0:${port}@host`, port, service: aService({ name: 'ssh' }) });

  it('lets be what it names', async () => {
    expect(await judged(policy, [ssh(22), aListener({ exposure: exposedTo('loopback') })])).toEqual([]);
  });

  it('says which entry came nearest and what differed', async () => {
    const [match] = await judged(policy, [ssh(2222)]);
    expect(match).toMatchObject({ ruleId: 'policy-violation', severity: 'high', subject: 'tcp/0.0.0.0:2222@host' });
    expect(match?.rationale).toContain('The nearest entry is "ssh"; what differs: port is 22, here 2222.');
    expect(match?.locations).toEqual([
      { file: 'a.yaml', repoPath: null, line: 4, what: 'the nearest entry of the policy' },
    ]);
  });

  it('does not speak of sockets that come and go', async () => {
    expect(await judged(policy, [aListener({ protocol: 'udp', listening: 'possible' })])).toEqual([]);
  });

  it('stands among the rules of the run', async () => {
    const { ruleSet } = await load({ 'a.yaml': policy });
    const matches = await judge(ruleSet, { snapshot: aSnapshot(), listeners: [ssh(2222)], published: [] });
    expect(summaries(ruleSet, matches)).toMatchObject([
      { id: 'policy-violation', ran: true, matched: 1, worst: 'high' },
    ]);
  });
});

describe("overrides in the user's own file", () => {
  const base = `rules:\n${rule('t', TELNET)}`;
  it('change severity, disable, and except', async () => {
    const severity = await judged(`${base}overrides: [{ rule: t, severity: low }]\n`, [aListener()]);
    expect(severity[0]?.severity).toBe('low');
    expect(await judged(`${base}overrides: [{ rule: t, disable: true }]\n`, [aListener()])).toEqual([]);
    const except = `${base}overrides: [{ rule: t, except: { address: 10.* } }]\n`;
    expect(await judged(except, [aListener({ address: '10.0.0.1' })])).toEqual([]);
    expect(await judged(except, [aListener()])).toHaveLength(1);
  });
});
