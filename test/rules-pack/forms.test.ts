import { describe, expect, it } from 'vitest';
import { FACTS, fieldsOf, RULES, wrongOf } from './pack.js';

const words = (text: string): number => text.split(/\s+/).length;

describe('a rule of the pack', () => {
  it('stands in a pack of at least 200', () => {
    expect(RULES.length).toBeGreaterThanOrEqual(200);
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  it('says what it matches in one sentence and what an attacker does with it in a few', () => {
    expect(
      wrongOf(({ description, rationale }) => {
        if (!/^[A-Z`"].*[.!]$/s.test(description)) return `description is no sentence: ${description}`;
        if (!/\.\)?$/.test(rationale) || words(rationale) < 8) return `rationale is no explanation: ${rationale}`;
        return words(rationale) > 90 ? `rationale has ${words(rationale)} words` : null;
      }),
    ).toEqual([]);
  });

  it('repeats nobody else: no two rationales are the same', () => {
    const seen = new Map<string, string>();
    expect(
      wrongOf(({ id, rationale }) => {
        const other = seen.get(rationale);
        seen.set(rationale, id);
        return other === undefined ? null : `the same as ${other}`;
      }),
    ).toEqual([]);
  });

  it('has a title that fits a line', () => {
    expect(wrongOf(({ title }) => (title.length <= 90 && !title.endsWith('.') ? null : title))).toEqual([]);
  });

  it('cites a weakness, a vulnerability or a technique', () => {
    expect(
      wrongOf(({ references }) =>
        references.some(({ id }) => /^(?:CWE-\d+|CVE-\d{4}-\d+|T\d{4}(?:\.\d{3})?)$/.test(id)) ? null : 'cites none',
      ),
    ).toEqual([]);
  });

  it('names techniques that ATT&CK has', () => {
    expect(
      wrongOf(({ tags }) => {
        const named = tags.filter((tag) => tag.startsWith('attack.')).map((tag) => tag.slice(7).toUpperCase());
        const unknown = named.filter((technique) => !(technique in FACTS.attack));
        return named.length === 0 ? 'names none' : unknown.length === 0 ? null : unknown.join(' ');
      }),
    ).toEqual([]);
  });

  it('says "exploited" of a flaw only where CISA does', () => {
    expect(
      wrongOf(({ references }) => {
        const unknown = references
          .filter(({ id }) => id.startsWith('CISA KEV '))
          .map(({ id }) => id.slice('CISA KEV '.length))
          .filter((cve) => !(cve in FACTS.kev));
        return unknown.length === 0 ? null : unknown.join(' ');
      }),
    ).toEqual([]);
    expect(
      wrongOf(({ tags, references }) =>
        tags.includes('risk.known-exploited') && !references.some(({ id }) => id.startsWith('CISA KEV '))
          ? 'cites no entry of the catalogue'
          : null,
      ),
    ).toEqual([]);
  });

  it('maps to controls that exist', () => {
    const frameworks: Readonly<Record<string, Readonly<Record<string, string>>>> = FACTS.compliance;
    expect(
      wrongOf(({ compliance = [] }) => {
        const unknown = compliance.filter(({ framework, control }) => frameworks[framework]?.[control] === undefined);
        return unknown.length === 0 ? null : JSON.stringify(unknown);
      }),
    ).toEqual([]);
  });

  it('states an amplification factor only as TA14-017A has it, for that service', () => {
    const factors: Readonly<Record<string, string>> = FACTS.amplification;
    expect(
      wrongOf(({ title, rationale, detection, references }) => {
        const text = `${title} ${rationale}`;
        const cited = references.some(({ id }) => id === 'TA14-017A');
        if (!cited)
          return /\d times (?:its|as|the) (?:size|large|much)/.test(text) ? 'states a factor without it' : null;
        const services = JSON.stringify(detection).match(/"service\.name":("[^"]+"|\[[^\]]+\])/)?.[1] ?? '';
        const own = Object.entries(factors).filter(([service]) => services.includes(`"${service}"`));
        if (own.length === 0) return 'cites it for a service it does not have';
        return own.every(([, factor]) => text.includes(factor)) ? null : `does not say ${JSON.stringify(own)}`;
      }),
    ).toEqual([]);
  });

  it('rests on more than a port number', () => {
    expect(
      wrongOf(({ subject, detection }) => {
        if (subject !== 'listener') return null;
        const telling = fieldsOf(detection).filter((field) => /^(?:service|owners|queue|file|exposure)\b/.test(field));
        const local = JSON.stringify(detection).match(/"protocol":\s*"(?:unix|vsock|raw|packet)"/) !== null;
        return telling.length > 0 || local ? null : 'rests on the port';
      }),
    ).toEqual([]);
  });

  it('has examples that must match, with the severity, and some that must not', () => {
    expect(
      wrongOf(({ tests }) => {
        if (tests.match.length === 0 || tests.nomatch.length === 0) return 'lacks examples';
        return tests.match.every((example) => typeof example['severity'] === 'string')
          ? null
          : 'an example without severity';
      }),
    ).toEqual([]);
  });
});

describe('a remediation', () => {
  it('is there, and knows both families where it knows one', () => {
    expect(
      wrongOf(({ remediation }) => {
        const platforms = Object.keys(remediation);
        if (platforms.length === 0) return 'has none';
        return platforms.includes('debian') === platforms.includes('rhel') ? null : `only ${platforms.join(', ')}`;
      }),
    ).toEqual([]);
  });

  it('gives a command with every step', () => {
    expect(
      wrongOf(({ remediation }) => {
        const empty = Object.values(remediation).flatMap((steps) => steps.filter(({ command }) => command === ''));
        return empty.length === 0 ? null : empty.map(({ what }) => what).join('; ');
      }),
    ).toEqual([]);
  });

  it('tells how to take back what it stops', () => {
    expect(
      wrongOf(({ remediation }) => {
        const stops = Object.values(remediation).flatMap((steps) =>
          steps.filter(
            ({ command, undo }) =>
              /systemctl (?:disable|mask)|apt-get purge|dnf remove/.test(command) && undo === undefined,
          ),
        );
        return stops.length === 0 ? null : stops.map(({ command }) => command).join('; ');
      }),
    ).toEqual([]);
  });
});
