import { describe, expect, it } from 'vitest';
import { agreedFromBaseline, agreedFromReport, baselineOf } from '../../src/gate/agreed.js';
import { type Agreements, decide, type GateSettings } from '../../src/gate/gate.js';
import { nagiosExit } from '../../src/gate/nagios.js';
import type { Rank } from '../../src/model/exposure.js';
import type { Match } from '../../src/model/finding.js';
import type { Gap } from '../../src/model/gap.js';
import type { Waiver } from '../../src/model/waiver.js';
import { finding, match, report } from '../builders.js';

const SETTINGS: GateSettings = {
  failOn: 'high',
  failOnKnown: false,
  minSeverity: 'info',
  requireComplete: false,
  narrowed: [],
};
const NIGHT = '2026-03-01T03:00:00Z';

const gap = (over: Partial<Gap> = {}): Gap => ({
  kind: 'owner',
  what: 'x',
  why: 'y',
  hides: 'z',
  fix: '',
  hidesListeners: false,
  ...over,
});

const waiver = (over: Partial<Waiver> = {}): Waiver => ({
  rule: 'telnet-exposed',
  subject: 'tcp/0.0.0.0:23@*',
  owner: 'ops',
  reason: 'switch console, behind a jump host',
  expires: '2026-06-30',
  ticket: null,
  place: null,
  ...over,
});

const judge = (
  matches: readonly Match[],
  agreements: Partial<Agreements> = {},
  settings: Partial<GateSettings> = {},
  gaps: readonly Gap[] = [],
  widest: Rank = 'public',
) =>
  decide(matches, () => widest, { waivers: [], agreed: [], ...agreements }, gaps, { ...SETTINGS, ...settings }, NIGHT);

describe('the exit code', () => {
  it('is 1 with a new finding at or above --fail-on, and 0 below it', () => {
    expect(judge([match({ severity: 'high' })]).exitCode).toBe(1);
    expect(judge([match({ severity: 'critical' })]).exitCode).toBe(1);
    expect(judge([match({ severity: 'medium' })]).exitCode).toBe(0);
    expect(judge([match({ severity: 'critical' })], {}, { failOn: 'none' }).exitCode).toBe(0);
  });

  it('is 3 for a gap that hides listeners only where completeness is demanded, and findings come first', () => {
    const gaps = [gap({ hidesListeners: true })];
    expect(judge([], {}, {}, gaps).exitCode).toBe(0);
    expect(judge([], {}, { requireComplete: true }, gaps).exitCode).toBe(3);
    expect(judge([], {}, { requireComplete: true }, [gap()]).exitCode).toBe(0);
    expect(judge([match()], {}, { requireComplete: true }, gaps).exitCode).toBe(1);
  });

  it('is 4 when one of our own readers broke, unless findings say 1', () => {
    const gaps = [gap({ kind: 'internal' })];
    expect(judge([], {}, { requireComplete: true }, gaps).exitCode).toBe(4);
    expect(judge([match()], {}, {}, gaps).exitCode).toBe(1);
  });

  it('speaks the plugin language for Nagios', () => {
    const withGate = (exitCode: number, over = {}) => report({ gate: { ...report().gate, exitCode }, ...over });
    expect(nagiosExit([withGate(1)])).toBe(2);
    expect(nagiosExit([withGate(0, { findings: [finding({ severity: 'medium' })] })])).toBe(1);
    expect(nagiosExit([withGate(0, { findings: [finding({ severity: 'high', status: 'known' })] })])).toBe(1);
    expect(nagiosExit([withGate(0, { findings: [finding({ severity: 'low' })] })])).toBe(0);
    expect(nagiosExit([withGate(3, { findings: [] })])).toBe(3);
  });
});

describe('a waiver', () => {
  it('takes a finding out of the count and names who accepted it', () => {
    const { findings, exitCode } = judge([match()], { waivers: [waiver()] });
    expect(exitCode).toBe(0);
    expect(findings[0]).toMatchObject({ status: 'waived', waiver: { owner: 'ops', expires: '2026-06-30' } });
  });

  it('holds on its last day and no longer', () => {
    expect(judge([match()], { waivers: [waiver({ expires: '2026-03-01' })] }).exitCode).toBe(0);
    const expired = judge([match()], { waivers: [waiver({ expires: '2026-02-28' })] });
    expect(expired.exitCode).toBe(1);
    expect(expired.notices.join()).toContain('expired on 2026-02-28');
  });

  it('is announced in its last two weeks, and reported when it matches nothing', () => {
    expect(judge([match()], { waivers: [waiver({ expires: '2026-03-10' })] }).notices.join()).toContain('expires on');
    expect(judge([match()], { waivers: [waiver()] }).notices).toEqual([]);
    expect(judge([], { waivers: [waiver()] }).notices.join()).toContain('matches no finding');
    expect(judge([], { waivers: [waiver({ fromPack: true })] }).notices).toEqual([]);
  });

  it('matches `*` as any run of characters and every other character as itself', () => {
    const covered = (subject: string, pattern: string) =>
      judge([match({ subject })], { waivers: [waiver({ subject: pattern })] }).findings[0]?.status === 'waived';
    expect(covered('tcp/0.0.0.0:23@web', 'tcp/*:23@*')).toBe(true);
    expect(covered('tcp/0.0.0.0:23@web', 'tcp/0.0.0.0:2?@web')).toBe(false);
    expect(covered('tcp/[::]:23@web', 'tcp/[::]:23@web')).toBe(true);
    expect(covered('tcp/0.0.0.0:230@web', 'tcp/*:23@*')).toBe(false);
    expect(covered('ab', 'ab*b')).toBe(false);
  });
});

describe('a baseline', () => {
  const agreed = [agreedFromBaseline(baselineOf(report()))];

  it('makes what is in it known, which fails no run unless asked', () => {
    expect(judge([match()], { agreed }).findings[0]?.status).toBe('known');
    expect(judge([match()], { agreed }).exitCode).toBe(0);
    expect(judge([match()], { agreed }, { failOnKnown: true }).exitCode).toBe(1);
  });

  it('does not cover what grew worse or wider', () => {
    expect(judge([match({ severity: 'critical' })], { agreed }).findings[0]?.status).toBe('new');
    const narrow = report({ listeners: [], published: [] });
    const was = agreedFromBaseline({
      ...baselineOf(narrow),
      findings: baselineOf(narrow).findings.map((entry) => ({ ...entry, widest: 'private' as const })),
    });
    expect(judge([match()], { agreed: [was] }).findings[0]?.status).toBe('new');
    expect(judge([match()], { agreed: [was] }, {}, [], 'private').findings[0]?.status).toBe('known');
  });

  it('names what is gone since as resolved, which counts nowhere', () => {
    const { findings, exitCode } = judge([], { agreed: [agreedFromReport(report())] });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ status: 'resolved', ruleId: 'telnet-exposed', rationale: 'because' });
    expect(exitCode).toBe(0);
  });

  it('gives way to a waiver', () => {
    expect(judge([match()], { agreed, waivers: [waiver()] }).findings[0]?.status).toBe('waived');
  });

  it('is the same text whatever the order of findings, so that git shows only what changed', () => {
    const a = finding({ fingerprint: 'a', subject: 'tcp/0.0.0.0:1@host' });
    const b = finding({ fingerprint: 'b', subject: 'tcp/0.0.0.0:2@host' });
    expect(baselineOf(report({ findings: [a, b] }))).toEqual(baselineOf(report({ findings: [b, a] })));
  });
});
