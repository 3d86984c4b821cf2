import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { type FormatName, render } from '../../src/report/formats.js';
import { itNeeds, needs } from '../needs.js';
import { articleHost } from './article.js';
import { bigHost } from './hostile.js';
import { HOSTS } from './hosts.js';
import { emptyHost, finding, reportOf } from './samples.js';

// The package is CommonJS: its function is the module's `default`.
const addFormats = addFormatsModule.default;

/** Its wrapper hands the arguments to a shell, which would take the semicolons for its own. */
const multitool = createRequire(import.meta.url)('@microsoft/sarif-multitool') as string;

const schema = (name: string): object => JSON.parse(readFileSync(join('fixtures/schemas', name), 'utf8')) as object;
const make = (name: FormatName, report: Report): Promise<string> => render(name, report, PLAIN_LOOK);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-formats-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

function validator(name: string, draft: 'draft-07' | '2020-12') {
  const ajv =
    draft === 'draft-07'
      ? new Ajv({ strict: false, allErrors: true })
      : new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  return ajv.compile(schema(name));
}

interface Sarif {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly rules: readonly {
          readonly id: string;
          readonly help: { readonly text: string };
          readonly properties: Readonly<Record<string, unknown>>;
        }[];
      };
    };
    readonly automationDetails: { readonly id: string };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly suppressions?: readonly object[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
      }[];
    }[];
  }[];
}

const sarifOf = async (report: Report): Promise<Sarif> => JSON.parse(await make('sarif', report)) as Sarif;

describe('SARIF', () => {
  const valid = validator('sarif-2.1.0.json', 'draft-07');

  for (const [what, host] of HOSTS) {
    it(`of ${what} is valid, and every result has a rule, a relative file and a line`, async () => {
      const sarif = await sarifOf(host());
      expect(valid(sarif), JSON.stringify(valid.errors)).toBe(true);
      for (const run of sarif.runs) {
        expect(run.automationDetails.id).toMatch(/^earshot\/[\w.-]+\/$/);
        for (const rule of run.tool.driver.rules) {
          expect(rule.help.text).not.toBe('');
          expect(rule.properties['security-severity']).toMatch(/^\d+\.\d$/);
          expect(rule.properties['tags']).toContain('security');
        }
        for (const result of run.results) {
          expect(run.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId);
          const [location] = result.locations;
          expect(location?.physicalLocation.artifactLocation.uri).toMatch(/^(?!\/|\.\/|\.\.)[^\s:\\]+$/);
          expect(location?.physicalLocation.region.startLine).toBeGreaterThan(0);
          expect(result.partialFingerprints['primaryLocationLineHash']).toMatch(/^[0-9a-f]+:1$/);
          expect(result.message.text).not.toMatch(/(?<!\\)\[[^\]]*\]\(/);
        }
      }
    });

    itNeeds([needs.linux], `of ${what} is accepted by the SARIF multitool with GitHub's rules`, async () => {
      const path = file('report.sarif', await make('sarif', host()));
      const out = join(folder, 'verdict.sarif');
      execFileSync(
        multitool,
        [
          'validate',
          path,
          '-o',
          out,
          '--rule-kind',
          'Sarif;Ghas',
          '--level',
          'Error;Warning',
          '--log',
          'ForceOverwrite',
        ],
        {
          env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
          stdio: 'pipe',
        },
      );
      const verdict = JSON.parse(readFileSync(out, 'utf8').replace(/^\ufeff/, '')) as Sarif;
      const complaints = (verdict.runs[0]?.results ?? []).map(
        (result) => `${result.ruleId} ${JSON.stringify(result.message)}`,
      );
      // SARIF2005 wants an informationUri; the project names no home page that would have to exist.
      expect(complaints.filter((complaint) => !complaint.startsWith('SARIF2005'))).toEqual([]);
    });
  }

  it('leaves waived and resolved findings out, so that they are no open alerts', async () => {
    const results = (await sarifOf(articleHost())).runs[0]?.results ?? [];
    expect(results.map((result) => result.ruleId)).not.toContain('packet-sniffer');
    expect(results.map((result) => result.ruleId)).not.toContain('redis-exposed');
    const asked = JSON.parse(await render('sarif', articleHost(), PLAIN_LOOK, { waived: true })) as Sarif;
    expect(asked.runs[0]?.results.filter((result) => result.suppressions !== undefined)).toHaveLength(1);
  });

  it('has an empty list of results when there is nothing, which closes the old alerts', async () => {
    expect((await sarifOf(emptyHost())).runs[0]?.results).toEqual([]);
  });

  it('points at the repository where a location lies in it, else at earshot.yaml', async () => {
    const places = new Map(
      (await sarifOf(articleHost())).runs[0]?.results.map((r) => [r.ruleId, r.locations[0]?.physicalLocation]),
    );
    expect(places.get('ftp-anonymous')).toMatchObject({
      artifactLocation: { uri: 'ansible/files/vsftpd.conf' },
      region: { startLine: 25 },
    });
    expect(places.get('telnet-exposed')).toMatchObject({
      artifactLocation: { uri: 'earshot.yaml' },
      region: { startLine: 1 },
    });
  });

  it('keeps within 25,000 results, the worst of them, and says how many it left off', async () => {
    const text = await make('sarif', bigHost(26_000));
    const sarif = JSON.parse(text) as Sarif;
    expect(sarif.runs[0]?.results).toHaveLength(25_000);
    expect(text).toContain('1000 findings of least severity left off');
  });

  it('has a rule for the finding of a policy that is no rule of the run', async () => {
    const policy = finding('policy-port', 'high', 'tcp/0.0.0.0:9@host');
    const sarif = await sarifOf(reportOf({ findings: [policy] }));
    expect(sarif.runs[0]?.tool.driver.rules.map((rule) => rule.id)).toEqual(['policy-port']);
  });
});

describe('JUnit', () => {
  for (const [what, host] of HOSTS)
    for (const xsd of ['junit-10', 'junit-ant'])
      itNeeds([needs.program('xmllint')], `of ${what} satisfies ${xsd}.xsd`, async () => {
        const path = file('report.xml', await make('junit', host()));
        execFileSync('xmllint', ['--nonet', '--noout', '--schema', `fixtures/schemas/${xsd}.xsd`, path], {
          stdio: 'pipe',
        });
      });

  const number = (text: string, name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(text)?.[1]);

  for (const [what, host] of HOSTS)
    it(`of ${what} counts what it holds, and no two cases have one name`, async () => {
      const text = await make('junit', host());
      const cases = [...text.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"/g)].map(
        (found) => `${found[1]} ${found[2]}`,
      );
      expect(cases.length).toBe(number(text, 'tests'));
      expect(cases.length).toBeGreaterThan(0);
      expect(new Set(cases).size).toBe(cases.length);
      expect(text.match(/<failure/g)?.length ?? 0).toBe(number(text, 'failures'));
      expect(text.match(/<error/g)?.length ?? 0).toBe(number(text, 'errors'));
      expect(text.match(/<skipped/g)?.length ?? 0).toBe(number(text, 'skipped'));
    });

  it('fails what the gate fails, skips what is waived, and errs on a gap where completeness was demanded', async () => {
    const lenient = await make('junit', articleHost());
    expect(number(lenient, 'failures')).toBe(3);
    expect(number(lenient, 'errors')).toBe(0);
    const report = articleHost();
    const strict = await make('junit', { ...report, gate: { ...report.gate, requireComplete: true } });
    expect(number(strict, 'errors')).toBe(1);
    const none = await make('junit', { ...report, gate: { ...report.gate, failOn: 'none' } });
    expect(number(none, 'failures')).toBe(0);
  });

  it('has a passing case when no rule ran, since a file without any fails a Jenkins step', async () => {
    expect(await make('junit', reportOf({}))).toContain('tests="1" failures="0"');
  });
});

describe('GitLab code quality', () => {
  const valid = validator('gitlab-codequality-item.json', 'draft-07');

  for (const [what, host] of HOSTS)
    it(`of ${what}: every entry is valid, relative, and has a fingerprint of its own`, async () => {
      const entries = JSON.parse(await make('gitlab', host())) as {
        severity: string;
        fingerprint: string;
        check_name: string;
        location: { path: string; lines: { begin: number } };
      }[];
      for (const entry of entries) {
        expect(valid(entry), JSON.stringify(valid.errors)).toBe(true);
        expect(['info', 'minor', 'major', 'critical', 'blocker']).toContain(entry.severity);
        expect(entry.location.path).not.toMatch(/^(?:\.?\/|\.\.)/);
        expect(Number.isInteger(entry.location.lines.begin)).toBe(true);
        expect(entry.check_name).not.toBe('');
      }
      expect(new Set(entries.map((entry) => entry.fingerprint)).size).toBe(entries.length);
    });
});

describe('GitHub commands', () => {
  for (const [what, host] of HOSTS)
    it(`of ${what}: each line is one command, at most ten of each kind`, async () => {
      const lines = (await make('github', host())).split('\n').slice(0, -1);
      for (const line of lines) {
        expect(line).toMatch(/^::(?:error|warning|notice) (?:(?:file|line|title)=[^:,\r\n]*,?)+::[^\r\n]*$/);
        expect(line).not.toContain('##[');
      }
      for (const level of ['error', 'warning', 'notice'])
        expect(lines.filter((line) => line.startsWith(`::${level} `)).length).toBeLessThanOrEqual(10);
    });

  it('puts the worst first and says in the tenth how many more there are', async () => {
    const lines = (await make('github', bigHost(100))).split('\n').filter((line) => line.startsWith('::error'));
    expect(lines).toHaveLength(10);
    expect(lines[9]).toContain('and 41 more findings');
  });
});

describe('OCSF', () => {
  for (const version of ['1.3.0', '1.8.0']) {
    const valid = validator(`ocsf-${version}-detection_finding.json`, '2020-12');
    for (const [what, host] of HOSTS)
      it(`of ${what}: every event is a Detection Finding of ${version}`, async () => {
        const text = await make('ocsf', host());
        const events = text
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as { time: number; type_uid: number; activity_id: number });
        expect(events).toHaveLength(host().findings.length);
        for (const event of events) {
          expect(valid(event), JSON.stringify(valid.errors)).toBe(true);
          expect(event.type_uid).toBe(200_400 + event.activity_id);
          expect(event.time).toBe(1_795_569_622_000);
        }
      });
  }
});

describe('ECS', () => {
  interface Field {
    readonly type: string;
    readonly array: boolean;
    readonly ignoreAbove?: number;
    readonly allowed?: readonly string[];
  }
  const fields = schema('ecs-9.4.0-fields.json') as Readonly<Record<string, Field>>;

  function* leaves(value: unknown, path: string): Generator<readonly [string, unknown]> {
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`);
    else yield [path, value];
  }

  const TYPES: Readonly<Record<string, string>> = {
    long: 'number',
    keyword: 'string',
    match_only_text: 'string',
    ip: 'string',
    date: 'string',
  };

  for (const [what, host] of HOSTS)
    it(`of ${what}: every field is one of the schema, of its type and length`, async () => {
      for (const line of (await make('ecs', host())).split('\n').slice(0, -1))
        for (const [path, value] of leaves(JSON.parse(line), '')) {
          if (path.startsWith('earshot.')) continue;
          const field = fields[path];
          expect(field, path).toBeDefined();
          expect(Array.isArray(value), path).toBe(field?.array);
          for (const item of [value].flat()) {
            expect(typeof item, path).toBe(TYPES[field?.type ?? '']);
            if (typeof item === 'string' && field?.type === 'keyword')
              expect(item.length, path).toBeLessThanOrEqual(1024);
            if (field?.allowed !== undefined) expect(field.allowed, path).toContain(item);
          }
        }
    });
});

describe('JSON', () => {
  for (const [what, host] of HOSTS)
    it(`of ${what} satisfies the published schema, and its sums add up`, async () => {
      const valid = (() => {
        const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
        addFormats(ajv);
        return ajv.compile(JSON.parse(readFileSync('schemas/report.schema.json', 'utf8')) as object);
      })();
      const report = JSON.parse(await make('json', host())) as Report;
      expect(valid(report), JSON.stringify(valid.errors)).toBe(true);
      expect(report.summary.listeners).toBe(report.listeners.length);
      expect(report.summary.gaps).toBe(report.collection.gaps.length);
    });
});
