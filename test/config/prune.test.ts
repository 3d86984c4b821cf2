import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutWaivers } from '../../src/config/prune.js';
import { finding, report } from '../builders.js';

const CONFIG = `# ours
fail-on: high      # as agreed

waivers:
  # the PBX
  - rule: telnet-exposed
    subject: tcp/0.0.0.0:23@host
    owner: ops@example.com    # Ops
    reason: old
    expires: 2020-01-31

  # the firewall is elsewhere
  - rule: firewall-absent
    subject: "*"
    owner: net@example.com
    reason: outer firewall
    expires: 2099-12-31
  - rule: ftp-exposed     # none today
    subject: "*"
    owner: a
    reason: b
    expires: 2099-12-31

# last comment
min-severity: info
`;

const pruned = (...remove: number[]) => withoutWaivers(CONFIG, new Set(remove));

describe('a waiver taken out of earshot.yaml', () => {
  it('goes with the comment right above it, and leaves every other line as it stood', () => {
    const gone = CONFIG.split('\n').slice(4, 10);
    expect(pruned(0)).toEqual({
      text: CONFIG.split('\n')
        .filter((line) => !gone.includes(line))
        .join('\n'),
      reformatted: false,
    });
    expect(pruned(1).text).not.toContain('elsewhere');
    expect(pruned(2).text).toContain('\n# last comment\nmin-severity: info\n');
  });

  it('leaves an empty list where it was the last', () => {
    const { text, reformatted } = pruned(0, 1, 2);
    expect(reformatted).toBe(false);
    expect(text).toContain('waivers: []\n');
    expect(text).toContain('fail-on: high      # as agreed');
    expect(text).toContain('# last comment');
  });

  it('is taken from a list on one line too, whose comments stay', () => {
    const flow = '# ours\nwaivers: [{ rule: a, expires: 2020-01-01 }, { rule: b, expires: 2099-01-01 }] # two\n';
    const { text, reformatted } = withoutWaivers(flow, new Set([0]));
    expect(reformatted).toBe(true);
    expect(text).toMatch(/^# ours\nwaivers: \[ ?\{ rule: b, expires: 2099-01-01 \} ?\] # two\n$/);
  });
});

describe('earshot waivers', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earshot-waivers-'));
    writeFileSync(join(folder, 'earshot.yaml'), CONFIG, { mode: 0o640 });
    const findings = [finding(), finding({ ruleId: 'firewall-absent', subject: 'firewall@host', fingerprint: 'f2' })];
    writeFileSync(join(folder, 'report.json'), JSON.stringify(report({ findings })));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const earshot = (...words: string[]) =>
    spawnSync(process.execPath, [resolve('dist/earshot.cjs'), ...words], { cwd: folder, encoding: 'utf8' });
  const config = () => readFileSync(join(folder, 'earshot.yaml'), 'utf8');

  it('list says which are in force, over, or cover nothing', () => {
    const { stdout, status } = earshot('waivers', 'list', '--report', 'report.json');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^expired +2020-01-31 {2}telnet-exposed .* 1 finding\n.*ops@example.com: old {2}.*earshot.yaml:6$/m,
    );
    expect(stdout).toMatch(/^in force +2099-12-31 {2}firewall-absent/m);
    expect(stdout).toMatch(/^unused +2099-12-31 {2}ftp-exposed .* 0 findings/m);
  });

  it('prune takes away what is over or covers nothing, keeps the mode of the file, and then has nothing to do', () => {
    expect(earshot('waivers', 'prune', '--report', 'report.json', '--dry-run').stdout).toContain('would be removed: ');
    expect(config()).toBe(CONFIG);
    const { stdout } = earshot('waivers', 'prune', '--report', 'report.json');
    expect(stdout).toContain(
      'removed: telnet-exposed for tcp/0.0.0.0:23@host, of ops@example.com: expired on 2020-01-31',
    );
    expect(stdout).toContain('removed: ftp-exposed for *, of a: matches no finding');
    expect(config()).toBe(pruned(0, 2).text);
    expect(statSync(join(folder, 'earshot.yaml')).mode & 0o777).toBe(0o640);
    expect(earshot('waivers', 'prune', '--report', 'report.json').stdout).toContain('Every waiver');
  });

  it('prune calls nothing gone that an incomplete audit could not see', () => {
    const gap = { kind: 'namespace', what: 'x', why: 'y', hides: 'z', fix: '', hidesListeners: true } as const;
    const blind = report({ findings: [], collection: { ...report().collection, gaps: [gap] } });
    writeFileSync(join(folder, 'report.json'), JSON.stringify(blind));
    const { stderr } = earshot('waivers', 'prune', '--report', 'report.json');
    expect(stderr).toContain('only expired waivers are pruned');
    expect(config()).toBe(pruned(0).text);
  });
});
