import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { itNeeds, needs } from '../needs.js';

const PROGRAM = resolve('dist/earshot.cjs');
/** Ports below the range from which the kernel draws. */
const PORT = 17_100 + (process.pid % 500) * 8;

/** Listens on a port for some seconds. `daemon` forks twice and leaves its session first. */
const SERVER = `
import os, signal, socket, sys, time
port, seconds, *words = sys.argv[1:]
if 'daemon' in words:
    if os.fork(): os._exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
if 'deaf' in words: signal.signal(signal.SIGTERM, signal.SIG_IGN)
if 'flood' in words: os.write(1, b'x' * 3000000)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1' if 'inside' in words else '0.0.0.0', int(port)))
s.listen()
time.sleep(float(seconds))
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-exec-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'server.py'), SERVER);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Done {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  readonly report: Report | null;
}

function reportIn(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return null;
  }
}

/** `earshot exec FLAGS -- COMMAND` in the test's folder, its report in JSON. */
function exec(flags: readonly string[], command: readonly string[]): Done {
  const file = join(folder, 'report.json');
  rmSync(file, { force: true });
  const words = ['exec', '--no-identity', '-f', 'json', '-o', file, '-q', ...flags, '--', ...command];
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
    timeout: 200_000,
  });
  return { status, out: stdout, err: stderr, report: reportIn(file) };
}

const server = (port: number, seconds: number, ...words: string[]) => [
  'python3',
  'server.py',
  String(port),
  String(seconds),
  ...words,
];
const heard = ({ report }: Done) => (report?.listeners ?? []).map(({ id }) => id).sort();
const runs = (text: string): boolean => spawnSync('pgrep', ['-f', text]).status === 0;

describe('whose status it is', () => {
  it("is the command's where it failed, also where a signal ended it", () => {
    expect(exec(['--until-exit'], ['sh', '-c', 'exit 7'])).toMatchObject({ status: 7 });
    const killed = exec(['--until-exit'], ['sh', '-c', 'kill -9 $$']);
    expect(killed.status).toBe(137);
    expect(killed.err.trimEnd().split('\n').at(-1)).toBe('earshot: exit 137 is the status of sh');
    expect(exec(['--for', '0'], ['false']).status).toBe(1);
  });

  it('is 127 for a command that is not there, 126 for one that cannot be run, 125 for a mistake in our own flags', () => {
    expect(exec([], ['./nowhere']).status).toBe(127);
    expect(exec([], ['/etc/passwd']).status).toBe(126);
    expect(exec(['--for', 'soon'], ['true']).status).toBe(125);
    expect(exec(['--for', '1', '--until-exit'], ['true'])).toMatchObject({ status: 125 });
    expect(spawnSync(process.execPath, [PROGRAM, 'exec', '--no-such-flag', '--', 'true']).status).toBe(125);
  });

  it('is 0 where nothing listened, and the last line says so', () => {
    const done = exec(['--for', '0'], ['true']);
    expect(done.status).toBe(0);
    expect(done.err).toBe("earshot: exit 0 is earshot's: the audit passed; true succeeded\n");
    expect(heard(done)).toEqual([]);
  });
});

describe('what the command opened', () => {
  itNeeds([needs.linux], 'is told from what listened before, and ended when it was looked at', () => {
    const before = spawn('python3', [join(folder, 'server.py'), String(PORT), '60'], { stdio: 'ignore' });
    try {
      const done = exec(['--until-idle'], server(PORT + 1, 300));
      expect(heard(done)).toEqual([`tcp/0.0.0.0:${PORT + 1}@host`]);
      expect(done.status).toBe(0);
      expect(done.err).toContain('python3 was ended by earshot');
      expect(runs(`server.py ${PORT + 1} 300`)).toBe(false);
    } finally {
      before.kill('SIGKILL');
    }
  });

  itNeeds([needs.linux], 'is all of it with --until-exit, however short it was open', () => {
    const script = [server(PORT, 1), server(PORT + 1, 1), server(PORT + 2, 1, 'inside')]
      .map((words) => words.join(' '))
      .join(' && ');
    const done = exec(['--until-exit'], ['sh', '-c', script]);
    expect(heard(done)).toEqual([
      `tcp/0.0.0.0:${PORT}@host`,
      `tcp/0.0.0.0:${PORT + 1}@host`,
      `tcp/127.0.0.1:${PORT + 2}@host`,
    ]);
    expect(done.report?.listeners.map(({ owners }) => owners[0]?.name)).toEqual(['python3', 'python3', 'python3']);
    expect(done.report?.listeners.find(({ port }) => port === PORT + 2)?.exposure?.widest).toBe('loopback');
  });

  itNeeds(
    [needs.linux],
    'includes a daemon that forked twice and left its session, after the command itself has ended',
    () => {
      const done = exec(['--until-port', String(PORT)], server(PORT, 300, 'daemon'));
      expect(heard(done)).toEqual([`tcp/0.0.0.0:${PORT}@host`]);
      expect(done.status).toBe(0);
      expect(runs(`server.py ${PORT} 300`)).toBe(false);
    },
  );

  itNeeds([needs.linux], 'fails the run where the policy forbids it', () => {
    writeFileSync(
      join(folder, 'earshot.yaml'),
      `policy:\n  mode: allowlist\n  allow:\n    - { name: web, protocol: tcp, port: ${PORT} }\n`,
    );
    expect(exec(['--until-port', String(PORT)], server(PORT, 300)).status).toBe(0);
    const forbidden = exec(['--until-port', String(PORT + 1)], server(PORT + 1, 300));
    expect(forbidden.status).toBe(1);
    expect(forbidden.report?.findings.map(({ ruleId }) => ruleId)).toContain('policy-violation');
    expect(forbidden.err).toContain("exit 1 is earshot's: findings");
  });

  it('is no pass where the port that was waited for was never opened', () => {
    const never = exec(['--until-port', String(PORT), '--timeout', '1'], ['sleep', '60']);
    expect(never.status).toBe(125);
    expect(never.err).toContain(`port ${PORT} was not opened within 1 s`);
    expect(exec(['--until-port', String(PORT)], ['true']).err).toContain('before the command ended');
  });
});

describe('a command that behaves badly', () => {
  itNeeds([needs.linux], 'and ignores SIGTERM is killed after the grace', () => {
    const done = exec(['--until-port', String(PORT)], server(PORT, 300, 'deaf'));
    expect(done.err).toContain("exit 0 is earshot's");
    expect(runs(`server.py ${PORT} 300`)).toBe(false);
  });

  it('and floods standard output gets every byte through, and nothing of ours between', () => {
    const done = exec(['--until-exit'], ['sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" x']);
    expect(done.out.length).toBe(5_000_000);
    expect(/^x*$/.test(done.out)).toBe(true);
    expect(done.status).toBe(0);
  });

  it('and leaves hundreds of orphans is watched to its end without a zombie', () => {
    const zombies = 'n=$(ps -o stat= --ppid $PPID | grep -c Z)';
    const script = `for i in $(seq 200); do (true &) ; done; for i in $(seq 300); do sleep 0.1; ${zombies}; [ $n -lt 20 ] && break; done; echo $n`;
    const done = exec(['--until-exit'], ['sh', '-c', script]);
    expect(done.status).toBe(0);
    expect(Number(done.out.trim())).toBeLessThan(20);
  });
});

describe('signals', () => {
  /** Runs it and sends a signal once the command says that it is ready. */
  function signalled(signal: NodeJS.Signals, script: string): Promise<{ status: number | null; out: string }> {
    return new Promise((settle) => {
      const words = [
        PROGRAM,
        'exec',
        '--no-identity',
        '--until-exit',
        '-q',
        '-f',
        'json',
        '-o',
        join(folder, 'r.json'),
      ];
      const child = spawn(process.execPath, [...words, '--', 'sh', '-c', script], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let out = '';
      child.stdout.on('data', (piece: Buffer) => {
        if (out === '') child.kill(signal);
        out += piece.toString();
      });
      child.on('close', (status) => settle({ status, out }));
    });
  }

  it('TERM and INT reach the command, whose own answer counts', async () => {
    for (const [signal, name] of [
      ['SIGTERM', 'TERM'],
      ['SIGINT', 'INT'],
    ] as const) {
      const script = `trap 'echo got ${name}; exit 5' ${name}; echo ready; while :; do sleep 0.05; done`;
      expect(await signalled(signal, script)).toEqual({ status: 5, out: `ready\ngot ${name}\n` });
    }
  });

  it('end a command that does not mind them as well, and the status says which it was', async () => {
    const deaf = await signalled('SIGTERM', `trap '' TERM; echo ready; while :; do sleep 0.05; done`);
    expect(deaf.status).toBe(143);
  });
});

describe('--isolate', () => {
  itNeeds(
    [needs.root, needs.program('unshare'), needs.program('ip')],
    'takes the bind for the exposure, and says that there is no network',
    () => {
      const done = exec(['--isolate', '--until-port', String(PORT)], server(PORT, 300));
      expect(done.err).toContain('a network of its own');
      expect(heard(done)).toEqual([`tcp/0.0.0.0:${PORT}@exec`]);
      expect(done.report?.listeners[0]?.exposure).toMatchObject({ widest: 'public' });
      expect(done.report?.listeners[0]?.exposure?.zones.map(({ reachable }) => reachable)).toContain('conditional');
      const inside = exec(['--isolate', '--until-port', String(PORT)], server(PORT, 300, 'inside'));
      expect(inside.report?.listeners[0]?.exposure?.widest).toBe('loopback');
    },
  );

  itNeeds(
    [needs.root, needs.program('setpriv')],
    'works for a user without rights where user namespaces are allowed, and else says the way out',
    () => {
      const words = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, PROGRAM];
      const { status, stderr } = spawnSync(
        'setpriv',
        [...words, 'exec', '--no-identity', '--isolate', '--until-port', String(PORT), '--', ...server(PORT, 300)],
        { cwd: folder, encoding: 'utf8', timeout: 200_000 },
      );
      if (status === 125) expect(stderr).toMatch(/--isolate: .*leave --isolate out/);
      else {
        expect(status).toBe(0);
        expect(stderr).toContain(`0.0.0.0:${PORT}`);
      }
    },
  );

  itNeeds([needs.root, needs.program('unshare')], 'is refused with the way out where namespaces are', () => {
    // No namespace of either kind may be made below this one: what hosted CI and containers' seccomp do.
    const limits = 'echo 0 > /proc/sys/user/max_net_namespaces';
    const { status, stderr } = spawnSync(
      'unshare',
      [
        '--user',
        '--map-root-user',
        'sh',
        '-c',
        `${limits} && exec "$@"`,
        'sh',
        process.execPath,
        PROGRAM,
        'exec',
        '--isolate',
        '--',
        'true',
      ],
      { cwd: folder, encoding: 'utf8', timeout: 200_000 },
    );
    expect(status).toBe(125);
    expect(stderr).toMatch(/--isolate: this system gives the command no network namespace/);
    expect(stderr).toContain('leave --isolate out');
  });
});
