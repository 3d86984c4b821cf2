import { describe, expect, it } from 'vitest';
import { driftOf } from '../../src/gate/drift.js';
import type { Listener } from '../../src/model/listener.js';
import { exposure, finding, listener, owner, report, service } from '../builders.js';

const night = (...listeners: Listener[]) => report({ listeners, findings: [] });
const changes = (from: Listener[], to: Listener[]) => driftOf(night(...from), night(...to)).changes;

describe('drift', () => {
  it('is nothing when only process numbers moved', () => {
    expect(changes([listener({ owners: [owner({ pid: 10 })] })], [listener({ owners: [owner({ pid: 99 })] })])).toEqual(
      [],
    );
  });

  it('is nothing when an activated unit runs instead of sleeping', () => {
    const manager = owner({ name: 'systemd', exe: '/usr/lib/systemd/systemd', unit: 'telnet.socket' });
    const running = owner({ pid: 7, exe: '/usr/sbin/in.telnetd', unit: 'telnet@7-192.0.2.1.service' });
    expect(changes([listener({ owners: [manager] })], [listener({ owners: [manager, running] })])).toEqual([]);
  });

  it('is nothing when an upgrade replaced the executable, and something when it was deleted', () => {
    const state = (exeState: 'present' | 'replaced' | 'deleted') => [listener({ owners: [owner({ exeState })] })];
    expect(changes(state('present'), state('replaced'))).toEqual([]);
    expect(changes(state('present'), state('deleted')).map((change) => change.kind)).toContain('executable');
  });

  it('is nothing when a service that draws its port drew another', () => {
    const drawn = (port: number) =>
      listener({
        id: `udp/0.0.0.0:${port}@host`,
        protocol: 'udp',
        port,
        listening: 'possible',
        service: service('mdns'),
      });
    expect(changes([drawn(40001)], [drawn(52002)])).toEqual([]);
  });

  it('names a listener that is new, gone, in other hands, or heard more widely', () => {
    const ssh = listener({ id: 'tcp/0.0.0.0:22@host', port: 22, service: service('ssh') });
    expect(changes([], [ssh])[0]).toMatchObject({
      kind: 'listener-new',
      subject: 'tcp/0.0.0.0:22@host',
      service: 'ssh',
    });
    expect(changes([ssh], [])[0]).toMatchObject({ kind: 'listener-gone' });
    const other = { ...ssh, owners: [owner({ exe: '/tmp/sshd' })] };
    expect(changes([ssh], [other])[0]).toMatchObject({ kind: 'owner', before: ['/usr/bin/x'], after: ['/tmp/sshd'] });
    const narrow = { ...ssh, exposure: exposure('private') };
    expect(changes([narrow], [ssh])[0]).toMatchObject({ kind: 'exposure', direction: 'widened' });
    expect(changes([ssh], [narrow])[0]).toMatchObject({ kind: 'exposure', direction: 'narrowed' });
  });

  it('tells a finding that grew worse from one that is new', () => {
    const before = report({ findings: [finding({ severity: 'medium' })] });
    const after = report({
      findings: [finding({ severity: 'critical' }), finding({ fingerprint: 'f2', ruleId: 'ftp-exposed' })],
    });
    expect(driftOf(before, after).changes.map((change) => change.kind)).toEqual(['finding-worse', 'finding-new']);
  });
});
