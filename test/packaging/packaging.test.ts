import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { itNeeds, needs } from '../needs.js';

/* What is shipped beside the program, held against its consumers' own checkers. */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-packaging-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (program: string, ...words: string[]) => spawnSync(program, words, { cwd: folder, encoding: 'utf8' });
const earshot = (...words: string[]) => run(process.execPath, resolve('dist/earshot.cjs'), ...words);

describe('init', () => {
  const root = () => {
    for (const path of ['etc/systemd/system', 'etc/cron.d']) mkdirSync(join(folder, path), { recursive: true });
    return ['--root', folder];
  };

  it('installs service and timer or a cron file, and takes all of it away again', () => {
    const at = root();
    expect(earshot('init', '--systemd', ...at).stdout).toContain('systemctl enable --now earshot.timer');
    expect(earshot('init', '--cron', ...at).status).toBe(0);
    const files = ['etc/systemd/system/earshot.service', 'etc/systemd/system/earshot.timer', 'etc/cron.d/earshot'];
    expect(files.filter((file) => existsSync(join(folder, file)))).toEqual(files);
    expect(earshot('init', '--systemd', ...at).status).toBe(0);
    expect(earshot('init', '--remove', ...at).status).toBe(0);
    expect(files.filter((file) => existsSync(join(folder, file)))).toEqual([]);
    expect(earshot('init', '--remove', ...at).stdout).toContain('nothing was installed');
  });

  it('leaves alone what it did not write', () => {
    const at = root();
    const service = join(folder, 'etc/systemd/system/earshot.service');
    writeFileSync(service, '[Service]\n');
    expect(earshot('init', '--systemd', ...at)).toMatchObject({ status: 2 });
    expect(earshot('init', '--remove', ...at).stderr).toContain('was not written by earshot');
    expect(readFileSync(service, 'utf8')).toBe('[Service]\n');
  });

  itNeeds(
    [needs.program('systemd-analyze')],
    'writes units that systemd takes without a word, in a sandbox that scores 4.0 or better',
    () => {
      earshot('init', '--systemd', ...root());
      const units = ['earshot.service', 'earshot.timer'].map((name) => join(folder, 'etc/systemd/system', name));
      const verified = run('systemd-analyze', 'verify', '--man=no', ...units);
      expect(verified.status).toBe(0);
      // Other units of the machine are read too; only ours are judged.
      expect((verified.stdout + verified.stderr).split('\n').filter((line) => line.includes('earshot'))).toEqual([]);
      const score = run('systemd-analyze', 'security', '--offline=true', '--threshold=40', units[0] ?? '');
      expect({ status: score.status, last: score.stdout.trim().split('\n').at(-1) }).toMatchObject({ status: 0 });
    },
  );

  it('runs the nightly audit from cron without a word on a quiet night', () => {
    const text = earshot('init', '--cron', '--print-only').stdout;
    const line = text.split('\n').find((each) => /^\d/.test(each)) ?? '';
    expect(line).toMatch(
      /^7 3 \* \* \* root '[^']+' '[^']+' audit --state \/var\/lib\/earshot --quiet-if-unchanged --color never$/,
    );
  });
});

describe('what a shell completes', () => {
  const completions = (shell: string, name: string): string => {
    const file = join(folder, name);
    writeFileSync(file, earshot('completion', shell).stdout);
    return file;
  };

  itNeeds(
    [needs.program('bash'), needs.program('shellcheck')],
    'bash: commands, and shellcheck has nothing to say',
    () => {
      const file = completions('bash', 'earshot.bash');
      expect(run('shellcheck', '-s', 'bash', file).stdout).toBe('');
      const script = `source '${file}'; COMP_WORDS=(earshot wai); COMP_CWORD=1; _earshot; echo "\${COMPREPLY[@]}"`;
      expect(run('bash', '-c', script).stdout).toBe('waivers\n');
    },
  );

  itNeeds([needs.program('zsh')], 'zsh: the function is registered', () => {
    completions('zsh', '_earshot');
    expect(run('zsh', '-n', '_earshot').status).toBe(0);
    const script = 'fpath=($PWD $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[earshot]';
    expect(run('zsh', '-fc', script).stdout).toBe('_earshot\n');
  });

  itNeeds([needs.program('fish')], 'fish: commands', () => {
    const file = completions('fish', 'earshot.fish');
    expect(run('fish', '--no-execute', file).status).toBe(0);
    expect(run('fish', '-c', `source ${file}; complete -C"earshot wai"`).stdout).toMatch(/^waivers\b/);
  });

  itNeeds([needs.program('mandoc')], 'the man page has no warning', () => {
    const file = join(folder, 'earshot.8');
    writeFileSync(file, earshot('man').stdout);
    expect(run('mandoc', '-Tlint', '-W', 'warning', file).stdout).toBe('');
  });
});

describe('the GitHub Action', () => {
  const action = parse(readFileSync('action.yml', 'utf8')) as {
    runs: { steps: { name: string; if?: string; run?: string }[] };
  };

  it('is one by its schema', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const validate = ajv.compile(JSON.parse(readFileSync('fixtures/schemas/github-action.json', 'utf8')) as object);
    expect(validate(action) ? [] : validate.errors).toEqual([]);
  });

  it('uploads although the audit failed, and only then fails', () => {
    const names = action.runs.steps.map(({ name }) => name);
    expect(names.slice(-3)).toEqual(['Audit', 'Upload to code scanning', 'Verdict']);
    for (const step of action.runs.steps.slice(-2)) expect(step.if).toContain('always()');
  });

  it('pastes no input into a script', () => {
    for (const { run: script } of action.runs.steps) expect(script ?? '').not.toContain('${{');
  });

  itNeeds(
    [needs.program('bash'), needs.linux],
    'gives the exit code on and leaves the verdict to its last step',
    () => {
      const [audit, , verdict] = action.runs.steps.slice(-3);
      const output = join(folder, 'output');
      const env = {
        ...process.env,
        EARSHOT: resolve('dist/earshot.cjs'),
        COMMAND: 'exit 7',
        UNTIL: 'exit',
        FAIL_ON: 'high',
        COMPARE_TO: '',
        CONFIG: '',
        REPORT: 'earshot.json',
        SARIF: 'earshot.sarif',
        GITHUB_OUTPUT: output,
      };
      const ran = spawnSync('bash', ['-e', '-c', audit?.run ?? ''], { cwd: folder, env, encoding: 'utf8' });
      expect(ran.status).toBe(0);
      expect(readFileSync(output, 'utf8')).toBe('exit-code=7\n');
      expect(existsSync(join(folder, 'earshot.sarif'))).toBe(true);
      expect(spawnSync('bash', ['-e', '-c', verdict?.run ?? ''], { env: { ...process.env, CODE: '7' } }).status).toBe(
        7,
      );
    },
  );
});

describe('the other ways in', () => {
  it('the DaemonSet asks for what the pod security levels refuse, in a namespace that allows it', () => {
    const documents = parseAllDocuments(readFileSync('packaging/kubernetes/daemonset.yaml', 'utf8'));
    const [namespace, set] = documents.map((document) => document.toJS() as Record<string, unknown>);
    expect(namespace).toMatchObject({
      kind: 'Namespace',
      metadata: { name: 'earshot', labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    });
    expect(set).toMatchObject({
      kind: 'DaemonSet',
      metadata: { namespace: 'earshot' },
      spec: { template: { spec: { hostPID: true, hostNetwork: true } } },
    });
  });

  it('the GitLab template keeps the reports of a job that failed', () => {
    const template = parse(readFileSync('packaging/gitlab/earshot.gitlab-ci.yml', 'utf8')) as Record<string, unknown>;
    expect(template['.earshot']).toMatchObject({
      artifacts: {
        when: 'always',
        reports: { codequality: 'gl-code-quality-report.json', junit: 'earshot-junit.xml' },
      },
    });
  });

  itNeeds(
    [needs.program('ansible-lint'), needs.program('yamllint')],
    'the Ansible role passes ansible-lint and yamllint',
    () => {
      const at = resolve('packaging/ansible');
      expect(spawnSync('yamllint', ['.'], { cwd: at, encoding: 'utf8' }).stdout).toBe('');
      const home = join(folder, 'home');
      mkdirSync(home);
      const lint = spawnSync('ansible-lint', ['--offline', '--profile', 'production', 'roles/earshot'], {
        cwd: at,
        encoding: 'utf8',
        env: { ...process.env, HOME: home, LC_ALL: 'C.UTF-8', XDG_CACHE_HOME: home },
      });
      expect({ status: lint.status, said: lint.status === 0 ? '' : lint.stdout + lint.stderr }).toEqual({
        status: 0,
        said: '',
      });
    },
  );

  itNeeds([needs.program('shellcheck')], 'the script of the Debian package has no shell mistake', () => {
    expect(spawnSync('shellcheck', ['packaging/debian/build.sh'], { encoding: 'utf8' }).stdout).toBe('');
  });
});
