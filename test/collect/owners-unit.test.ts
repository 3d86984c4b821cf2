import { describe, expect, it } from 'vitest';
import { cgroupPath, unitOf } from '../../src/collect/owners/unit.js';

describe('the unit that a cgroup path names', () => {
  it.each([
    ['/system.slice/ssh.service', 'ssh.service'],
    ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service'],
    ['/system.slice/system-postgresql.slice/postgresql@15-main.service', 'postgresql@15-main.service'],
    ['/system.slice/docker.service/worker/7', 'docker.service'],
    ['/system.slice/dev-disk-by\\x2duuid.mount', 'dev-disk-by\\x2duuid.mount'],
    ['/system.slice/_name.service', 'name.service'],
    ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service', 'syncthing.service'],
    [
      '/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope',
      'vte-spawn-1.scope',
    ],
    ['/user.slice/user-1000.slice/user@1000.service/init.scope', 'user@1000.service'],
    ['/user.slice/user-1000.slice/user@1000.service', 'user@1000.service'],
    ['/init.scope', 'init.scope'],
    ['/system.slice/docker-5f0b2d1c.scope', 'docker-5f0b2d1c.scope'],
    ['/machine.slice/libpod-5f0b2d1c.scope/container/system.slice/nginx.service', 'libpod-5f0b2d1c.scope'],
    ['/../../system.slice/x.service', 'x.service'],
    ['/system.slice/x.service (deleted)', 'x.service'],
  ])('%s is %s', (path, unit) => {
    expect(unitOf(path)).toBe(unit);
  });

  it.each(['/', '', '/docker/5f0b2d1c', '/system.slice', '/kubepods/besteffort/pod1/abc', '/lxc.payload.web'])(
    '%s names none',
    (path) => {
      expect(unitOf(path)).toBeNull();
    },
  );

  it("comes from systemd's own hierarchy where v1 is mounted, else from v2", () => {
    expect(cgroupPath(['1:name=systemd:/system.slice/a.service', '0::/'])).toBe('/system.slice/a.service');
    expect(cgroupPath(['4:memory:/x', '0::/system.slice/b.service'])).toBe('/system.slice/b.service');
    expect(cgroupPath(['1:name=systemd:/a', '0::/system.slice/b.service'])).toBe('/system.slice/b.service');
    expect(cgroupPath(['4:memory:/x'])).toBeNull();
  });
});
