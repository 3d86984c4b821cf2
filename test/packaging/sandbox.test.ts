import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { CAPABILITIES } from '../../src/config/units.js';
import type { Report } from '../../src/model/report.js';
import { itNeeds, needs } from '../needs.js';

const SERVER =
  'import socket, sys, time\ns = socket.socket()\ns.bind(("0.0.0.0", int(sys.argv[1])))\ns.listen()\nopen(f"/run/ready-{sys.argv[1]}", "w").close()\ntime.sleep(600)\n';

const PORTS: readonly (number | null)[] = [7101, 7102, 7103];

/** What is compared: this test's own listeners, without times and numbers of processes. */
const facts = (report: Report) => ({
  listeners: report.listeners
    .filter(({ port, namespace }) => PORTS.includes(port) && ['host', 'inner'].includes(namespace.name))
    .map(({ id, owners, service, exposure }) => [
      id,
      owners.map(({ name, exe, user }) => [name, exe, user]),
      service.name,
      exposure,
    ]),
  findings: report.findings
    .filter(({ subject }) => /:710[123]@|^firewall@(?:host|inner)$/.test(subject))
    .map(({ fingerprint, severity }) => [fingerprint, severity]),
  firewallGaps: report.collection.gaps.filter(
    ({ kind, what }) => kind === 'firewall' && /\b(?:host|inner)$/.test(what),
  ),
});

describe('an audit inside what of the sandbox can be had without systemd', () => {
  itNeeds(
    [needs.root, ...['unshare', 'setpriv', 'ip', 'iptables-legacy'].map(needs.program)],
    'sees what the same audit sees outside: other users, other namespaces, and the firewall of both kinds',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'earshot-sandbox-'));
      const earshot = `"${process.execPath}" "${resolve('dist/earshot.cjs')}" audit --no-config -q --fail-on none -f json`;
      const kept = CAPABILITIES.map(({ name }) => `+${name.slice(4).toLowerCase()}`).join(',');
      const script = [
        // Named namespaces of the machine around it are not this host's.
        'ip link set lo up; umount -l /run/netns/* 2>/dev/null; umount -l /run/netns 2>/dev/null',
        'set -e; mount -t tmpfs -o mode=1777 none /run; mkdir /run/netns; ip netns add inner',
        'iptables-legacy -A INPUT -p tcp --dport 7102 -j DROP',
        `python3 server.py 7101 & setpriv --reuid=65534 --clear-groups /usr/bin/python3 server.py 7102 &`,
        'ip netns exec inner python3 server.py 7103 &',
        'until [ -e /run/ready-7101 ] && [ -e /run/ready-7102 ] && [ -e /run/ready-7103 ]; do sleep 0.05; done',
        `${earshot} -o outside.json`,
        // ProtectSystem=strict, CapabilityBoundingSet= and NoNewPrivileges= of the unit.
        `unshare -m sh -c 'mount -t tmpfs none /mnt; mount --bind / /; mount -o remount,bind,ro /; setpriv --no-new-privs --bounding-set=-all,${kept} ${earshot} -o /mnt/r.json; cat /mnt/r.json' > inside.json`,
      ].join('\n');
      try {
        writeFileSync(join(folder, 'server.py'), SERVER);
        spawnSync('chmod', ['755', folder]);
        const words = ['--net', '--pid', '--fork', '--mount', '--mount-proc', 'sh', '-c', script];
        const { status, stderr } = spawnSync('unshare', words, { cwd: folder, encoding: 'utf8', timeout: 200_000 });
        expect({ status, stderr }).toMatchObject({ status: 0 });
        const [outside, inside] = ['outside', 'inside'].map(
          (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Report,
        );
        if (outside === undefined || inside === undefined) throw new Error('no report');
        expect(facts(outside).listeners).toHaveLength(3);
        expect(JSON.stringify(facts(outside).listeners)).toContain('--dport 7102');
        expect(facts(inside)).toEqual(facts(outside));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
