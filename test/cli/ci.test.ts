import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';

const PORT = 21_300 + (process.pid % 500);
const SERVER = `import socket, time\ns = socket.socket()\ns.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\ns.bind(('0.0.0.0', ${PORT}))\ns.listen()\ntime.sleep(600)\n`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-ci-'));
  spawnSync('git', ['init', '-q', folder]);
  writeFileSync(join(folder, 'server.py'), SERVER);
  writeFileSync(join(folder, 'Dockerfile'), `FROM python\nEXPOSE ${PORT}\n`);
  writeFileSync(
    join(folder, 'earshot.yaml'),
    'policy:\n  mode: allowlist\n  allow:\n    - { name: web, protocol: tcp, port: 80 }\n',
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A job of a CI server: the command under audit opens a port that the policy forbids. */
function job(env: Readonly<Record<string, string>>, flags: readonly string[]) {
  const words = ['exec', '--until-port', String(PORT), ...flags, '--', 'python3', 'server.py'];
  return spawnSync(process.execPath, [resolve('dist/earshot.cjs'), ...words], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 200_000,
    env: { PATH: process.env['PATH'], HOME: folder, CI: 'true', ...env },
  });
}

describe('a CI job', () => {
  itNeeds(
    [needs.linux],
    'on GitHub gets annotations at the line that opened the port, a step summary and SARIF, and fails',
    () => {
      const summary = join(folder, 'summary.md');
      writeFileSync(summary, 'before\n');
      const { status, stdout, stderr } = job({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }, [
        '-f',
        'sarif',
        '-o',
        'earshot.sarif',
      ]);
      expect(status).toBe(1);
      expect(stdout).toBe('');
      const commands = stderr.split('\n').filter((line) => line.startsWith('::'));
      expect(commands[0]).toMatch(/^::error file=Dockerfile,line=2,title=[^:]*policy-violation\)::/);
      expect(readFileSync(summary, 'utf8')).toMatch(/^before\n# earshot: /);
      const sarif = JSON.parse(readFileSync(join(folder, 'earshot.sarif'), 'utf8')) as {
        runs: {
          results: { ruleId: string; locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[];
        }[];
      };
      const results = sarif.runs[0]?.results ?? [];
      expect(results.map(({ ruleId }) => ruleId)).toContain('policy-violation');
      for (const { locations } of results)
        expect(locations[0]?.physicalLocation.artifactLocation.uri).toBe('Dockerfile');
    },
  );

  itNeeds([needs.linux], 'on GitLab gets a folded report, and code quality with a path in the repository', () => {
    const { status, stderr } = job({ GITLAB_CI: 'true' }, ['-f', 'gitlab', '-o', 'quality.json']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /\u001b\[0Ksection_start:\d+:earshot\r\u001b\[0Kearshot\n[\s\S]*\u001b\[0Ksection_end:\d+:earshot\r\u001b\[0K\n/,
    );
    const entries = JSON.parse(readFileSync(join(folder, 'quality.json'), 'utf8')) as {
      location: { path: string; lines: { begin: number } };
    }[];
    expect(entries[0]?.location).toEqual({ path: 'Dockerfile', lines: { begin: 2 } });
  });

  itNeeds([needs.linux], 'points at line 1 of earshot.yaml where nothing in the repository opened the port', () => {
    rmSync(join(folder, 'Dockerfile'));
    rmSync(join(folder, 'earshot.yaml'));
    job({}, ['-f', 'gitlab', '-o', 'quality.json']);
    const [entry] = JSON.parse(readFileSync(join(folder, 'quality.json'), 'utf8')) as { location: unknown }[];
    expect(entry?.location).toEqual({ path: 'earshot.yaml', lines: { begin: 1 } });
  });
});
