import { describe, expect, it } from 'vitest';
import { identify } from '../../src/identify/identify.js';
import { exposureWithoutRoutes } from '../../src/reach/scope.js';
import { aNamespace, aProcess, aSnapshot, aSocket, HOST } from './builders.js';

const ids = (...sockets: ReturnType<typeof aSocket>[]): string[] =>
  identify(aSnapshot({ sockets })).map((listener) => listener.id);

describe('sockets become listeners', () => {
  it('takes a SO_REUSEPORT group as one listener with all its holders', () => {
    const [listener, ...others] = identify(
      aSnapshot({
        sockets: [
          aSocket('tcp 0.0.0.0:80', { inode: 2, holders: [11] }),
          aSocket('tcp 0.0.0.0:80', { inode: 1, holders: [10, 12] }),
        ],
        processes: [aProcess(10, '/usr/sbin/nginx'), aProcess(11, '/usr/sbin/nginx')],
      }),
    );
    expect(others).toEqual([]);
    expect(listener?.sockets).toBe(2);
    expect(listener?.owners.map((owner) => owner.pid)).toEqual([10, 11, 12]);
  });

  it('takes an MPTCP socket and its TCP twin as one socket', () => {
    const [listener] = identify(
      aSnapshot({
        sockets: [aSocket('tcp 0.0.0.0:80', { inode: 7, mptcp: true }), aSocket('tcp 0.0.0.0:80', { inode: 7 })],
      }),
    );
    expect(listener).toMatchObject({ sockets: 1, mptcp: true });
  });

  it('lets nobody at a socket whose folder is shut, whatever its own mode is', () => {
    const at = (mode: number, pathOpen: boolean): string | null => {
      const file = { mode, uid: 0, gid: 0, user: 'root', group: 'root', pathOpen, present: true };
      const socket = aSocket('unix x:0', { family: null, port: null, address: '/run/x/s', file });
      const [listener] = identify(aSnapshot({ sockets: [socket] }));
      return listener === undefined ? null : (exposureWithoutRoutes(listener)?.access ?? null);
    };
    expect(at(0o777, true)).toBe('everybody');
    expect(at(0o777, false)).toMatch(/^root only, and who may search the folders/);
    expect(at(0o700, false)).toBe('root only');
  });

  it('tells whom an access control list lets in, and that nobody finds a file that is gone', () => {
    const at = (more: object): string | null | undefined => {
      const file = { mode: 0o640, uid: 0, gid: 9, user: 'root', group: 'ops', pathOpen: true, present: true, ...more };
      const socket = aSocket('unix x:0', { family: null, port: null, address: '/run/x/s', file });
      const [listener] = identify(aSnapshot({ sockets: [socket] }));
      return listener === undefined ? null : exposureWithoutRoutes(listener)?.access;
    };
    expect(at({ accessList: { users: ['alice'], groups: ['docker'] } })).toBe('root, and alice, group docker');
    expect(at({ mode: 0o660, accessList: { users: ['alice'], groups: [] } })).toBe('root, and group ops, alice');
    expect(at({ mode: 0o666, present: false })).toBe('nobody: its file is gone');
  });

  it('does not list connected sockets, bound TCP sockets and packet sockets that only send', () => {
    expect(
      ids(
        aSocket('udp 10.0.0.1:40000', { state: 'connected' }),
        aSocket('tcp 0.0.0.0:80', { state: 'bound' }),
        aSocket('packet x:0', { family: null, address: null, port: null, etherType: '0x0000' }),
      ),
    ).toEqual([]);
  });

  it('writes ids as DESIGN does, and adds #2 where two would be equal', () => {
    const unix = { family: null, port: null } as const;
    expect(
      ids(
        aSocket('tcp 0.0.0.0:23'),
        aSocket('tcp [::]:22'),
        aSocket('tcp 0.0.0.0:80', { device: 'eth0' }),
        aSocket('tcp [fe80::1]:80', { device: 'eth0' }),
        aSocket('unix x:0', { ...unix, address: '/run/docker.sock', inode: 1 }),
        aSocket('unix x:0', { ...unix, address: '/run/docker.sock', inode: 2 }),
        aSocket('unix x:0', { ...unix, address: '@name', inode: 3 }),
        aSocket('vsock any:1024', { family: null }),
        aSocket('raw 0.0.0.0:0', { state: 'bound', port: null, ipProtocol: 'icmp' }),
        aSocket('packet x:0', { state: 'bound', family: null, port: null, address: null, etherType: 'all' }),
      ),
    ).toEqual([
      'tcp/[::]:22@host',
      'tcp/0.0.0.0:23@host',
      'tcp/0.0.0.0:80%eth0@host',
      'tcp/[fe80::1%eth0]:80@host',
      'vsock/any:1024@host',
      'unix//run/docker.sock@host',
      'unix//run/docker.sock@host#2',
      'unix/@name@host',
      'raw/0.0.0.0:icmp@host',
      'packet/any:all@host',
    ]);
  });

  it('tells families apart by v6only, and says unknown where it was not seen', () => {
    const family = (more: object): unknown =>
      identify(aSnapshot({ sockets: [aSocket('tcp [::]:1', more)] }))[0]?.family;
    expect(family({ v6only: true })).toBe('ipv6');
    expect(family({ v6only: false })).toBe('dual');
    expect(family({ v6only: null })).toBe('unknown');
    expect(family({ address: '10.0.0.1', mapped: true })).toBe('ipv4');
  });

  it('calls a UDP socket possible only on a port the kernel deals out that nobody asked for', () => {
    const listening = (bind: string, args: string[]): unknown =>
      identify(
        aSnapshot({ sockets: [aSocket(bind, { holders: [9] })], processes: [aProcess(9, '/opt/thing', args)] }),
      )[0]?.listening;
    expect(listening('udp 0.0.0.0:40000', ['/opt/thing'])).toBe('possible');
    expect(listening('udp 0.0.0.0:40000', ['/opt/thing', '--listen=:40000'])).toBe('certain');
    expect(listening('udp 0.0.0.0:4000', ['/opt/thing'])).toBe('certain');
    expect(listening('udp 0.0.0.0:51820', ['/opt/thing'])).toBe('certain');
  });

  it('keeps namespaces apart and sorts the host first', () => {
    const sockets = [aSocket('tcp 0.0.0.0:1', { namespace: 5 }), aSocket('tcp 0.0.0.0:1')];
    const namespaces = [aNamespace(HOST, 'host'), aNamespace(5, 'box')];
    expect(identify(aSnapshot({ sockets, namespaces })).map((one) => one.id)).toEqual([
      'tcp/0.0.0.0:1@host',
      'tcp/0.0.0.0:1@box',
    ]);
  });
});
