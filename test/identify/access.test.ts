import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostAt } from '../../src/collect/host.js';
import { readSoftware } from '../../src/collect/software/software.js';
import { identify } from '../../src/identify/identify.js';
import type { Process } from '../../src/model/process.js';
import { aProcess, aSnapshot, aSocket } from './builders.js';

/** What is said of logging in at each address that one process listens on, with these files on the host. */
async function authentications(
  process: Process,
  addresses: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<readonly (string | null)[]> {
  const tree = mkdtempSync(join(tmpdir(), 'earshot-access-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const sockets = addresses.map((address) => aSocket(`tcp ${address}`, { holders: [process.pid] }));
  const { value: software } = await readSoftware(
    hostAt(tree),
    { sockets, processes: [process], namespaces: [] },
    { identity: true },
  );
  rmSync(tree, { recursive: true });
  return identify(aSnapshot({ sockets, processes: [process], software })).map(
    ({ service }) => service.authentication ?? null,
  );
}

const postgres = aProcess(5, '/usr/lib/postgresql/15/bin/postgres', ['postgres', '-D', '/data']);
const BINDS = ['127.0.0.1:5432', '198.51.100.7:5432', '0.0.0.0:5433'];
const hba = (...lines: readonly string[]): Promise<readonly (string | null)[]> =>
  authentications(postgres, BINDS, { '/data/postgresql.conf': '', '/data/pg_hba.conf': lines.join('\n') });

describe('PostgreSQL', () => {
  it('trusts whom pg_hba.conf trusts: this host’s clients are no strangers', async () => {
    expect(await hba('local all all trust', 'host all all 127.0.0.1/32 trust', 'host all all ::1/128 trust')).toEqual([
      'none',
      null,
      null,
    ]);
    expect(await hba('host all all 127.0.0.1/32 trust', 'host all all 0.0.0.0/0 scram-sha-256')).toEqual([
      'none',
      'required',
      'required',
    ]);
    expect(await hba('host all all 127.0.0.1/32 md5', 'host all all samenet trust')).toEqual(['none', 'none', 'none']);
  });

  it('obeys the first line that fits', async () => {
    expect(await hba('host all all all scram-sha-256', 'host all all 0.0.0.0/0 trust')).toEqual([
      'required',
      'required',
      'required',
    ]);
    expect(await hba('host all all 10.0.0.0/8 reject', 'host app app 10.1.0.0 255.255.0.0 trust')).toEqual([
      null,
      null,
      null,
    ]);
    expect(await hba('host app app 10.1.0.0 255.255.0.0 trust', 'host all all all md5')).toEqual([
      'required',
      'none',
      'none',
    ]);
  });
});

describe('Redis', () => {
  const TITLE = ['redis-server *:6379', '', ''];
  const unit = (command: string): Readonly<Record<string, string>> => ({
    '/etc/systemd/system/cache.service': `[Service]\nExecStart=${command}\n`,
    '/etc/redis/redis.conf': 'port 6379\nrequirepass secret\n',
    '/srv/redis.conf': 'port 6379\nprotected-mode no\n',
  });
  const redis = (args: readonly string[], inUnit: string | null): Process =>
    aProcess(6, '/usr/bin/redis-server', args, { unit: inUnit });

  it('is known by what its unit starts, where its title stands over its arguments', async () => {
    const of = (command: string) => authentications(redis(TITLE, 'cache.service'), ['0.0.0.0:6379'], unit(command));
    expect(await of('/usr/bin/redis-server --protected-mode no')).toEqual(['none']);
    expect(await of('/usr/bin/redis-server --protected-mode no --requirepass x')).toEqual(['required']);
    expect(await of('/usr/bin/redis-server --protected-mode no --user default off')).toEqual(['required']);
    expect(await of('/usr/bin/redis-server /srv/redis.conf')).toEqual(['none']);
    expect(await of('/usr/bin/redis-server /srv/redis.conf --protected-mode yes')).toEqual([null]);
  });

  it('is known by what its parent or its container’s bundle starts', async () => {
    const words = ['tini', '--', 'redis-server', '--protected-mode', 'no'];
    const child = aProcess(6, '/usr/bin/redis-server', TITLE, { ppid: 4 });
    const parent = { '/proc/4/cmdline': `${words.join('\0')}\0` };
    expect(await authentications(child, ['0.0.0.0:6379'], parent)).toEqual(['none']);
    expect(await authentications(child, ['0.0.0.0:6379'], {})).toEqual([null]);
    const id = 'a'.repeat(64);
    const inside = aProcess(6, '/usr/bin/redis-server', TITLE, { cgroups: [`0::/system.slice/docker-${id}.scope`] });
    const bundle = {
      [`/run/containerd/io.containerd.runtime.v2.task/moby/${id}/config.json`]: JSON.stringify({
        process: { args: ['docker-entrypoint.sh', ...words.slice(2)] },
      }),
    };
    expect(await authentications(inside, ['0.0.0.0:6379'], bundle)).toEqual(['none']);
  });

  it('is known by its arguments where they still stand', async () => {
    const args = ['redis-server', '--port', '6379', '--protected-mode', 'no'];
    expect(await authentications(redis(args, null), ['0.0.0.0:6379'], {})).toEqual(['none']);
  });

  it('is Redis at the port that its title names, whatever that port is for others', async () => {
    const sockets = [aSocket('tcp 0.0.0.0:16379', { holders: [6] })];
    const processes = [redis(['redis-server *:16379'], null)];
    const { value: software } = await readSoftware(
      hostAt('/nonexistent'),
      { sockets, processes, namespaces: [] },
      { identity: true },
    );
    expect(identify(aSnapshot({ sockets, processes, software }))[0]?.service.name).toBe('redis');
  });
});
