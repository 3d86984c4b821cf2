import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { carriers } from '../../src/collect/owners/lost.js';
import { type FoundHolders, findHolders, readProcesses, scanTasks } from '../../src/collect/owners/owners.js';
import type { HeldDescriptor, TaskScan } from '../../src/collect/owners/scan.js';
import type { Reading } from '../../src/model/gap.js';
import type { Process } from '../../src/model/process.js';
import { itNeeds, needs } from '../needs.js';

interface Situation {
  readonly said: Readonly<
    Record<
      string,
      { readonly pids: readonly number[]; readonly inode: number; readonly tid?: number; readonly namespace?: number }
    >
  >;
  readonly skipped: readonly string[];
  readonly folder: string;
}

const host = liveHost();
const METHODS = ['bpf', 'proc'] as const;
const able = [needs.linux, needs.root, needs.program('python3'), needs.program('ldd')];
/** BPF iterators: the scan falls back to /proc without them, and then there is nothing to compare. */
const iterators = {
  what: 'BPF iterators (root in the initial pid namespace, and /sys/kernel/btf/vmlinux)',
  met: () => existsSync('/sys/kernel/btf/vmlinux') && readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]',
};
const ready = able.every((need) => need.met());

/** Starts the situation and waits for its one line. */
function start(): Promise<{ readonly maker: ChildProcess; readonly situation: Situation }> {
  const maker = spawn('python3', ['fixtures/owners/situation.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    maker.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith('\n')) resolve({ maker, situation: JSON.parse(text) as Situation });
    });
    maker.on('exit', () => reject(new Error(`situation.py ended: ${text}`)));
  });
}

describe('who holds a socket', () => {
  let maker: ChildProcess | null = null;
  let situation: Situation = { said: {}, skipped: [], folder: '' };
  const scans = new Map<string, { scan: TaskScan; found: Reading<FoundHolders> }>();

  beforeAll(async () => {
    if (!ready) return;
    const started = await start();
    maker = started.maker;
    situation = started.situation;
    const wanted = new Set(Object.values(situation.said).map(({ inode }) => inode));
    for (const method of METHODS) {
      const scan = await scanTasks(host, { method });
      scans.set(method, { scan, found: await findHolders(host, scan, { method, wanted }) });
    }
  });
  afterAll(async () => {
    if (maker === null) return;
    const ended = new Promise((resolve) => maker?.on('exit', resolve));
    maker.stdin?.end();
    await ended;
  });

  const result = (method: string): { scan: TaskScan; found: Reading<FoundHolders> } => {
    const scan = scans.get(method);
    if (scan === undefined) throw new Error(`no scan by ${method}`);
    return scan;
  };
  const said = (name: string): Situation['said'][string] => {
    const one = situation.said[name];
    if (one === undefined) throw new Error(`${name} could not be built: ${situation.skipped.join('; ')}`);
    return one;
  };

  const seen = [
    'plain',
    'forked',
    'sharer',
    'thread_table',
    'dead_leader',
    'thread_namespace',
    'socket_namespace',
    'namespace_file',
    'escape_name',
    'invalid_name',
    'memfd',
    'deleted',
    'chroot',
    'confined',
  ];
  for (const method of METHODS) {
    for (const name of seen) {
      itNeeds(able, `${method} finds exactly the holders of the situation ${name}`, () => {
        const { pids, inode } = said(name);
        expect(result(method).found.value.holders.get(inode)?.pids).toEqual(pids);
      });
    }
    itNeeds(able, `${method} finds a socket that only an io_uring holds, and says by what`, () => {
      const { pids, inode } = said('ring');
      expect(result(method).found.value.holders.get(inode)).toMatchObject({ by: 'io_uring', pids });
    });
    itNeeds(able, `${method} names no holder of a socket in flight, and knows the socket that carries it`, () => {
      const { pids, inode } = said('in_flight');
      const { scan, found } = result(method);
      expect(found.value.holders.has(inode)).toBe(false);
      const held = scan.sockets.unshown(new Set(), 1_000_000).filter(({ pid }) => pids.includes(pid));
      expect(carriers(host, held)).toHaveLength(1);
    });
    itNeeds(able, `${method} sees the namespace of a single thread`, () => {
      const { pids, tid, namespace } = said('thread_namespace');
      expect(result(method).scan.taskNamespaces.get(namespace ?? 0)).toEqual({ pid: pids[0], tid });
    });
    itNeeds(able, `${method} sees a namespace that only an open file holds`, () => {
      // An earshot that looks at the same moment holds it open as well, and may be the one that is named.
      const { namespace } = said('namespace_file');
      expect(result(method).scan.nsfsFiles).toContainEqual(expect.objectContaining({ inode: namespace }));
    });
  }

  itNeeds([...able, iterators], 'bpf leaves out only processes that the kernel keeps from it, and says so', () => {
    const { scan, found } = result('bpf');
    const closed = new Set(result('proc').scan.unsearched.map(({ pid }) => pid));
    expect(scan.unsearched.filter(({ pid }) => !closed.has(pid))).toEqual([]);
    expect(found.value.complete).toBe(scan.unsearched.length === 0);
    expect(found.gaps).toHaveLength(scan.unsearched.length === 0 ? 0 : 1);
  });

  itNeeds([...able, iterators], 'bpf knows the namespace of a socket that nothing else holds', () => {
    const { pids, inode, namespace } = said('socket_namespace');
    expect(
      result('bpf')
        .scan.sockets.byNamespace()
        .get(namespace ?? 0),
    ).toMatchObject({ pid: pids[0], inode });
  });

  itNeeds([...able, iterators], 'bpf and proc find the same in every process that /proc shows us', () => {
    expect(result('bpf').scan.method).toBe('bpf');
    const closed = new Set(result('proc').scan.unsearched.map(({ pid }) => pid));
    const made = new Set(Object.values(situation.said).flatMap(({ pids }) => pids));
    const list = (held: readonly HeldDescriptor[]): readonly string[] =>
      [
        ...new Set(
          held
            .filter(({ pid }) => made.has(pid) && !closed.has(pid))
            .map(({ pid, fd, inode }) => `${pid} ${fd} ${inode}`),
        ),
      ].sort();
    const all = (method: string): readonly string[] => list(result(method).scan.sockets.unshown(new Set(), 1_000_000));
    expect(all('bpf').length).toBeGreaterThan(seen.length);
    expect(all('proc')).toEqual(all('bpf'));
    // Others make and leave namespaces of their own meanwhile.
    const own = new Set(Object.values(situation.said).map(({ namespace }) => namespace));
    const namespaces = (method: string): readonly number[] =>
      [...result(method).scan.taskNamespaces.keys()].filter((id) => own.has(id)).sort();
    expect(namespaces('proc')).toEqual(namespaces('bpf'));
    expect(list(result('proc').scan.rings)).toEqual(list(result('bpf').scan.rings));
    const files = (method: string): readonly number[] =>
      result(method)
        .scan.nsfsFiles.map(({ inode }) => inode)
        .filter((inode) => own.has(inode))
        .sort();
    expect(files('proc')).toEqual(files('bpf'));
  });

  itNeeds([...able, needs.program('ss')], 'names every holder that ss -p names', async () => {
    const text = execFileSync('ss', ['-tuxwlnpeOH'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    const rows = text.split('\n').flatMap((line) => {
      const inode = /\bino:([0-9]+)/.exec(line)?.[1] ?? / ([0-9]+)\s+\* 0 /.exec(line)?.[1];
      const pids = [...line.matchAll(/,pid=([0-9]+),fd=[0-9]+\)/g)].map(([, pid]) => Number(pid));
      return inode === undefined || pids.length === 0 ? [] : [{ inode: Number(inode), pids: [...new Set(pids)] }];
    });
    expect(rows.length).toBeGreaterThan(8);
    const wanted = new Set(rows.map(({ inode }) => inode));
    for (const method of METHODS) {
      const { holders } = (await findHolders(host, await scanTasks(host, { method }), { method, wanted })).value;
      for (const { inode, pids } of rows) {
        const missed = pids.filter((pid) => !holders.get(inode)?.pids.includes(pid));
        expect(missed.filter((pid) => holds(pid, inode))).toEqual([]);
      }
    }
  });

  const processOf = (name: string): Process => {
    const [process] = readProcesses(host, said(name).pids).value;
    if (process === undefined) throw new Error(`${name} has ended`);
    return process;
  };

  itNeeds(able, 'an executable is deleted only if nothing stands at its path, and replaced if something does', () => {
    const { folder } = situation;
    expect(processOf('deleted')).toMatchObject({ exe: `${folder}/gone`, exeState: 'deleted' });
    expect(processOf('replaced')).toMatchObject({ exe: `${folder}/upgraded`, exeState: 'replaced' });
    expect(processOf('kept')).toMatchObject({ exe: `${folder}/kept`, exeState: 'present', args: ['x', '1000000'] });
    expect(processOf('odd')).toMatchObject({ exe: `${folder}/odd (deleted)`, exeState: 'present' });
    expect(processOf('memfd')).toMatchObject({ exe: '/memfd:worker', exeState: 'memfd' });
  });

  itNeeds(able, "an executable in the process's own root is shown inside it, and is not deleted", () => {
    expect(processOf('chroot')).toMatchObject({ exe: '/bin/only-here', exeState: 'present', ownRoot: true });
    expect(processOf('plain').ownRoot).toBe(false);
  });

  itNeeds(
    able,
    'an executable outside the root that a daemon confined itself to is told by its path on the host',
    () => {
      const { exe } = processOf('plain');
      expect(processOf('confined')).toMatchObject({ exe, exeState: 'present', exeOutside: true, ownRoot: true });
      expect(processOf('confined').exeFile?.pathWritable).toBe(false);
      expect(processOf('chroot').exeOutside).toBeUndefined();
    },
  );

  itNeeds(able, 'facts of the executable are those of the file', () => {
    const { exe, exeFile } = processOf('kept');
    const file = statSync(exe ?? '');
    expect(exeFile).toMatchObject({ inode: String(file.ino), size: file.size, uid: 0, pathWritable: false });
  });

  itNeeds(able, 'a name with control bytes or invalid UTF-8 is kept whole', () => {
    expect(processOf('escape_name').name).toBe('\u001b[2J<b>|\n');
    expect(processOf('invalid_name').name).toBe('a\\xff\\xfe) R 1 2');
  });

  itNeeds(able, 'a process has its user, start, namespaces and the parents that started it', () => {
    const process = processOf('plain');
    expect(process).toMatchObject({ uid: 0, user: 'root', kernelThread: false, noNewPrivs: false });
    expect(process.ancestors.map(({ pid }) => pid)).toContain(maker?.pid);
    expect(process.ancestors.at(-1)?.pid).toBe(1);
    expect(process.namespaces.net).toBe(statSync(`/proc/${process.pid}/ns/net`).ino);
    expect(process.startTicks).toBe(
      readFileSync(`/proc/${process.pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19],
    );
  });

  itNeeds([needs.linux], 'a process that has ended is left out without a word', () => {
    expect(readProcesses(host, [4_194_303])).toEqual({ value: [], gaps: [] });
  });

  itNeeds([needs.linux], 'kernel threads are no owners that could not be searched', async () => {
    const { unsearched } = await scanTasks(host, { method: 'proc' });
    expect(unsearched.map(({ pid }) => pid)).not.toContain(2);
  });
});

/** Whether the process has the socket now: others come and go on this host. */
function holds(pid: number, inode: number): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}
