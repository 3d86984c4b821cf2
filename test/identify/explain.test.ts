import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { program, runWords } from '../collect/program.js';
import { aProcess, aSnapshot, aSocket } from './builders.js';

const inetd = aProcess(50, '/usr/sbin/inetd', ['/usr/sbin/inetd'], { ancestors: [{ pid: 1, name: 'systemd' }] });
const entry = {
  program: '/usr/sbin/in.telnetd',
  file: '/etc/inetd.conf',
  line: 7,
  kind: 'inetd',
  service: 'telnet',
  protocol: 'tcp',
  address: null,
  port: 2323,
  user: 'root',
  args: ['in.telnetd'],
  disabled: false,
  internal: false,
  onlyFrom: [],
  redirect: null,
};
const hostile = aProcess(66, '/opt/x', ['/opt/x', '\u001b[2J##[error]gone\n::error::x'], { name: '\u001b[31mx' });

describe('earshot explain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-explain-'));
  const snapshot = join(folder, 'host.json');
  const saved = join(folder, 'report.json');
  let earshot = '';
  let report: Report;

  const explain = (...words: string[]) => runWords([process.execPath, earshot, 'explain', ...words]);

  beforeAll(async () => {
    earshot = await program();
    const made = aSnapshot({
      sockets: [
        aSocket('tcp 0.0.0.0:2323', { holders: [50], inode: 1 }),
        aSocket('tcp 127.0.0.1:9', { holders: [66], inode: 2 }),
      ],
      processes: [inetd, hostile],
      software: {
        inetd: [entry],
        packages: { 50: { manager: 'dpkg', name: 'inetutils-inetd', version: '2:2.4-2', modified: false } },
      },
    });
    writeFileSync(snapshot, JSON.stringify(made));
    const { stdout } = await runWords([
      process.execPath,
      earshot,
      'audit',
      '--no-config',
      '--snapshot',
      snapshot,
      '-f',
      'json',
      '--fail-on',
      'none',
    ]);
    writeFileSync(saved, stdout);
    report = JSON.parse(stdout);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('shows the whole chain: socket, process, inetd entry, package, service, rules and the command that closes it', async () => {
    const { status, stdout } = await explain('tcp/0.0.0.0:2323@host', '--snapshot', snapshot, '--no-config');
    expect(status).toBe(0);
    for (const part of [
      /^tcp\/0\.0\.0\.0:2323@host$/m,
      /^Held by +process 50, called inetd, user root$/m,
      /^Started by +systemd$/m,
      /^Inetd +\/etc\/inetd\.conf line 7 starts \/usr\/sbin\/in\.telnetd$/m,
      /^Package +inetutils-inetd 2:2\.4-2 \(dpkg\), unchanged since$/m,
      /^Service +telnet, telnetd \(certain\)$/m,
      /^Reachable +from public$/m,
      /^Rule +\w+: .*telnet-exposed/ms,
      /^Fine when/m,
      /^Close it/m,
    ])
      expect(stdout).toMatch(part);
  });

  it('says the same offline from a saved report, by port, by fingerprint and by rule', async () => {
    const { stdout } = await explain('2323', '--snapshot', snapshot, '--no-config');
    const fingerprint = report.findings.find((finding) => finding.ruleId === 'telnet-exposed')?.fingerprint ?? '';
    for (const word of ['2323', 'tcp/2323', '0.0.0.0:2323', fingerprint, fingerprint.slice(0, 8), 'telnet-exposed'])
      expect((await explain(word, '--report', saved)).stdout, word).toBe(stdout);
  });

  it('escapes what a process is called, for terminals and for logs that obey', async () => {
    const { stdout } = await explain('9', '--report', saved);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toMatch(/^::error/m);
  });

  it('says what there is where nothing fits', async () => {
    const { status, stderr } = await explain('tcp/0.0.0.0:2333@host', '--report', saved);
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean "tcp/0.0.0.0:2323@host"?');
  });
});
