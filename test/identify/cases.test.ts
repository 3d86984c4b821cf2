import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { liveHost } from '../../src/collect/host.js';
import { collectLive } from '../../src/collect/live.js';
import { identify } from '../../src/identify/identify.js';
import { serviceNamed } from '../../src/lib/services.js';
import { SEVERITIES, type Severity } from '../../src/model/finding.js';
import type { IdentifiedListener } from '../../src/model/listener.js';
import type { Report } from '../../src/model/report.js';
import { program, runWords } from '../collect/program.js';
import { itNeeds, needs } from '../needs.js';

interface Truth {
  readonly case: string;
  readonly protocol: string;
  readonly port: number | null;
  readonly address: string | null;
  readonly device?: string;
  readonly services: readonly string[];
  readonly never?: readonly string[];
  readonly owner: string;
  readonly package?: string;
  readonly script?: string;
  readonly severity_at_most?: Severity;
  readonly severity_at_least?: Severity;
}

/** One of its own for each run: several may run at once on one machine. */
const NETNS = `ehi-cases-${process.pid}`;
const start = fileURLToPath(new URL('../../fixtures/cases/identity/start.py', import.meta.url));
const PROGRAMS = 'ip python3 avahi-daemon chronyd lighttpd gunicorn php ruby twistd3 dropbear socat dhclient'.split(
  ' ',
);
const resolved = { what: 'systemd-resolved', met: () => existsSync('/lib/systemd/systemd-resolved') };
const required = [needs.linux, needs.root, resolved, ...PROGRAMS.map((name) => needs.program(name))];
const ready = required.every((need) => need.met());

let truth: readonly Truth[] = [];
let listeners: readonly IdentifiedListener[] = [];

/** All names of a service, so that any of them will do. */
function namesOf(name: string | null): readonly string[] {
  const entry = name === null ? null : serviceNamed(name);
  return entry === null ? ['unknown'] : [entry.name, ...entry.aliases, ...(entry.iana === null ? [] : [entry.iana])];
}

function listenerOf(one: Truth): IdentifiedListener | undefined {
  return listeners.find(
    (listener) =>
      listener.protocol === one.protocol &&
      listener.port === one.port &&
      listener.address === one.address &&
      (one.device === undefined || listener.device === one.device || one.protocol === 'packet'),
  );
}

describe('nine situations that auditors misread', () => {
  beforeAll(async () => {
    if (!ready) return;
    truth = JSON.parse(execFileSync('python3', [start, 'up', NETNS], { encoding: 'utf8' })).listeners;
    const wish = {
      timeoutMs: 60_000,
      backend: 'auto',
      owners: 'auto',
      identity: true,
      probe: false,
      statistics: false,
      firewall: false,
    } as const;
    listeners = identify(await collectLive(liveHost(), wish)).filter((listener) => listener.namespace.name === NETNS);
  });
  afterAll(() => {
    if (ready) execFileSync('python3', [start, 'down', NETNS]);
  });

  itNeeds(required, 'shows every listener, who holds it and what brought it', () => {
    for (const one of truth) {
      const listener = listenerOf(one);
      const what = `${one.case} ${one.protocol}/${one.port}`;
      expect(listener, `${what} is not listed`).toBeDefined();
      const names = listener?.owners.map((owner) => owner.name ?? '');
      if (one.case !== 'runs-from-memory') expect(names, what).toContain(one.owner);
      if (one.package !== undefined)
        expect(
          listener?.owners.map((owner) => owner.package?.name),
          what,
        ).toContain(one.package);
      if (one.script !== undefined)
        expect(listener?.owners.map((owner) => owner.script ?? '').join(' '), what).toContain(one.script);
    }
  });

  itNeeds(required, 'names what answers, however it was moved, and never what the port says', () => {
    for (const one of truth) {
      const service = listenerOf(one)?.service;
      const what = `${one.case} ${one.protocol}/${one.port}: ${service?.name} (${service?.confidence})`;
      if (one.services.length > 0)
        expect(
          namesOf(service?.name ?? null).some((name) => one.services.includes(name)),
          what,
        ).toBe(true);
      if (one.services.length > 0) expect(service?.confidence, what).not.toBe('port-only');
      if (service?.confidence !== 'port-only')
        for (const never of one.never ?? []) expect(namesOf(service?.name ?? null), what).not.toContain(never);
    }
  });

  itNeeds(required, 'finds nothing worse there than the truth allows, and the one intruder', async () => {
    const words = [
      process.execPath,
      await program(),
      'audit',
      '--no-config',
      '-f',
      'json',
      '--fail-on',
      'none',
      '--netns',
      NETNS,
    ];
    const report = JSON.parse((await runWords(words)).stdout) as Report;
    for (const one of truth) {
      const id = listenerOf(one)?.id;
      const found = report.findings.filter((finding) => finding.subject === id);
      const what = `${id}: ${found.map((finding) => `${finding.ruleId} ${finding.severity}`).join(', ')}`;
      // SEVERITIES go from worst to least; no finding stands behind the least.
      const worst = Math.min(SEVERITIES.length, ...found.map((finding) => SEVERITIES.indexOf(finding.severity)));
      if (one.severity_at_most !== undefined)
        expect(worst, what).toBeGreaterThanOrEqual(SEVERITIES.indexOf(one.severity_at_most));
      if (one.severity_at_least !== undefined)
        expect(worst, what).toBeLessThanOrEqual(SEVERITIES.indexOf(one.severity_at_least));
    }
  });

  itNeeds(required, 'says that a program runs from memory', () => {
    expect(listeners.find((listener) => listener.port === 4460)?.owners[0]?.exeState).toBe('memfd');
  });

  itNeeds(required, 'says where the port and the process disagree', () => {
    expect(listeners.find((listener) => listener.port === 23)?.service.disagreement).toBe(
      'port says telnet, process says Dropbear',
    );
  });

  itNeeds(required, 'calls the port that the kernel chose for avahi possible, and its own one certain', () => {
    const avahi = listeners.filter(
      (listener) => listener.owners.some((owner) => owner.name === 'avahi-daemon') && listener.protocol === 'udp',
    );
    expect(avahi.map((listener) => [listener.port === 5353, listener.listening])).toEqual([
      [true, 'certain'],
      [false, 'possible'],
    ]);
  });
});
