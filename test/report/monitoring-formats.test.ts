import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { PLAIN_LOOK } from '../../src/report/format.js';
import { type FormatName, render } from '../../src/report/formats.js';
import { itNeeds, needs } from '../needs.js';
import { articleHost } from './article.js';
import { bigHost } from './hostile.js';
import { HOSTS } from './hosts.js';
import { finding, gap, listener, reportOf } from './samples.js';

const make = (name: FormatName, report: Report): Promise<string> => render(name, report, PLAIN_LOOK);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'earshot-monitoring-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);

describe('Prometheus', () => {
  const series = (text: string): readonly string[] =>
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/ [^ ]+$/, ''));

  for (const [what, host] of HOSTS) {
    itNeeds([needs.program('promtool')], `of ${what} passes promtool`, async () => {
      execFileSync('promtool', ['check', 'metrics'], { input: await make('prometheus', host()), stdio: 'pipe' });
    });

    it(`of ${what}: no series stands twice, zeros are written, nothing has a timestamp`, async () => {
      const text = await make('prometheus', host());
      expect(new Set(series(text)).size).toBe(series(text).length);
      expect(series(text).filter((name) => name.startsWith('earshot_findings{'))).toHaveLength(20);
      expect(text).toMatch(/^earshot_last_run_timestamp_seconds \d+$/m);
      expect(text).toMatch(/^earshot_last_complete_timestamp_seconds \d+$/m);
      expect(text).toMatch(/^earshot_listeners\{widest="public"\} \d+$/m);
      expect(text.endsWith('\n')).toBe(true);
    });
  }

  it('keeps the time of the last complete audit through an incomplete one', async () => {
    const blind = reportOf({ gaps: [gap({ hidesListeners: true })] });
    expect(await render('prometheus', blind, PLAIN_LOOK, { lastCompleteAt: '2026-11-24T01:20:22Z' })).toContain(
      'earshot_last_complete_timestamp_seconds 1795483222',
    );
    expect(await make('prometheus', blind)).toContain('earshot_last_complete_timestamp_seconds 0');
  });

  itNeeds([needs.program('prometheus-node-exporter')], 'is shown by node_exporter, its real reader', async () => {
    const text = await make('prometheus', articleHost());
    file('earshot.prom', text);
    const port = await freePort();
    const exporter = spawn(
      'prometheus-node-exporter',
      [
        '--collector.disable-defaults',
        '--collector.textfile',
        `--collector.textfile.directory=${folder}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    try {
      const shown = await eventually(`http://127.0.0.1:${port}/metrics`);
      expect(shown).toContain('node_textfile_scrape_error 0');
      for (const name of series(text)) expect(shown).toContain(`${name} `);
    } finally {
      exporter.kill();
      await once(exporter, 'exit');
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function eventually(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

describe('Nagios', () => {
  const PERFORMANCE = /^(?:'[^'=|]+'=\d+;\d*;\d*;\d*;?\d* ?)+$/;

  for (const [what, host] of HOSTS)
    it(`of ${what}: a status, a summary, performance data, and less than 4 KiB`, async () => {
      const text = await make('nagios', host());
      const [first = '', ...rest] = text.split('\n');
      const [status = '', performance = ''] = first.split(' | ');
      expect(status).toMatch(/^EARSHOT (?:OK|WARNING|CRITICAL|UNKNOWN) - .{1,90}$/);
      expect(performance).toMatch(PERFORMANCE);
      expect(rest.join('\n')).not.toContain('|');
      expect(Buffer.byteLength(text)).toBeLessThan(4096);
    });

  it('says how many lines did not fit', async () => {
    expect(await make('nagios', bigHost(500))).toMatch(/and \d+ more; -f text shows them all\n$/);
  });

  it('is CRITICAL for what fails, WARNING for the rest of medium or more, UNKNOWN where the audit failed, else OK', async () => {
    const at = (severity: 'high' | 'medium' | 'low', exitCode = 0): Report =>
      reportOf({
        listeners: [listener('tcp', '0.0.0.0', 1)],
        findings: [finding('x', severity, 'tcp/0.0.0.0:1@host')],
        gate: { exitCode },
      });
    expect(await make('nagios', at('high', 1))).toMatch(/^EARSHOT CRITICAL/);
    expect(await make('nagios', at('medium'))).toMatch(/^EARSHOT WARNING/);
    expect(await make('nagios', at('low'))).toMatch(/^EARSHOT OK/);
    expect(await make('nagios', at('low', 3))).toMatch(/^EARSHOT UNKNOWN/);
    expect(await make('nagios', at('low', 4))).toMatch(/^EARSHOT UNKNOWN/);
  });
});
