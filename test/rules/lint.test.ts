import { describe, expect, it } from 'vitest';
import { lintRules, testRules } from '../../src/rules/rules.js';
import { load, rule } from './files.js';

const WHOLE = [
  'status: stable, description: d, rationale: r',
  'references: [{ id: CWE-319, url: "https://cwe.mitre.org/data/definitions/319.html" }]',
  'remediation: { generic: [{ what: w }] }',
].join(', ');
const TESTS = 'tests: { match: [{ port: 23 }], nomatch: [{ port: 24 }] }';

/** What lint says of one rule that is otherwise complete. */
async function said(detection: string, more = `${WHOLE}, ${TESTS}`, head = ''): Promise<readonly string[]> {
  const loaded = await load({ 'a.yaml': `${head}rules:\n${rule('x', detection, more)}` });
  return (await lintRules(loaded)).map(
    ({ check, message, hint }) => `${check}: ${message}${hint === null ? '' : ` (${hint})`}`,
  );
}

const one = (selection: string): string => `{ s: { ${selection} }, condition: s }`;

describe('lint', () => {
  it('has nothing to say of a rule that is complete', async () => {
    expect(await said(one('port: 23'))).toEqual([]);
  });

  it('finds the rule that can never match', async () => {
    expect(await said('{ a: { port: 23 }, b: { port: 25 }, condition: a and b }')).toEqual([
      'never-matches: it can never match: port would have to have two values at once (join them in one list, or with or)',
    ]);
    expect(await said(one('port|gte: 6000, port|lt: 6000'))).toHaveLength(1);
    expect(await said(one('port: 22, port|gt: 1024'))).toHaveLength(1);
    expect(await said('{ a: { port: 23 }, condition: a and not a }')).toHaveLength(1);
    expect(await said('{ a: { port: [22, 2222], port|gt: 1024 }, condition: a }')).toEqual([]);
    expect(await said('{ a: { owners.name: x }, b: { owners.name: y }, condition: a and b }')).toEqual([]);
  });

  it('finds lines that deny each other, and numbers below nothing', async () => {
    expect(await said(one('protocol: tcp, protocol|neq: [tcp, udp]'))).toEqual([
      'never-matches: it can never match: protocol would have to be and not to be the same (take one line away)',
    ]);
    expect(await said(one('device: eth0, device|exists: false'))).toHaveLength(1);
    expect(await said('{ a: { device: null }, b: { device|startswith: eth }, condition: a and b }')).toEqual([
      'never-matches: it can never match: device would have to have a value and none',
    ]);
    expect(await said(one('port|lt: 0'))).toHaveLength(1);
    expect(await said(one('protocol: [tcp, sctp], protocol|neq: tcp'))).toEqual([]);
    expect(await said(one('device|startswith: eth, device|exists: true'))).toEqual([]);
  });

  it('finds patterns that no value of a field fits', async () => {
    expect(await said(one('listening|contains: maybe'))).toEqual([
      'unknown-value: listening is never like "*maybe*" (it is one of certain, possible)',
    ]);
    expect(await said(one('port|contains: x'))).toEqual(['unknown-value: port is a number, never like "*x*"']);
    expect(await said(one("port: '60??', protocol: '*p'"))).toEqual([]);
  });

  it('says where: the line of the detection, the reference, the tag', async () => {
    const text = [
      'rules:',
      '  - id: x',
      '    title: X',
      '    subject: listener',
      '    severity: high',
      '    status: stable',
      '    description: d',
      '    rationale: r',
      '    remediation: { generic: [{ what: w }] }',
      '    references:',
      '      - { id: CWE-319, url: "https://cwe.mitre.org/data/definitions/320.html" }',
      '    tags: [attack.nothing1]',
      '    detection:',
      '      a: { port: 23 }',
      '      b: { port: 70000 }',
      '      condition: a',
      '    tests: { match: [{ port: 23 }], nomatch: [{ port: 24 }] }',
      '',
    ].join('\n');
    const found = await lintRules(await load({ 'a.yaml': text }));
    expect(found.map(({ check, place }) => `${check} ${place.line}:${place.column}`)).toEqual([
      'unused-selection 15:7',
      'dead-reference 11:9',
      'dead-reference 12:12',
    ]);
  });

  it('finds values that a field never has', async () => {
    expect(await said(one('port: 65536'))).toEqual(['port-range: port 65536 is no port (ports are 0 to 65535)']);
    expect(await said(one('port|lte: 70000'))).toEqual(['port-range: port 70000 is no port (ports are 0 to 65535)']);
    expect(await said(one('protocol: tpc'))).toEqual(['unknown-value: protocol is never "tpc" (did you mean "tcp"?)']);
    expect(await said(one('wildcard: sometimes'))).toEqual([
      'unknown-value: wildcard is true or false, never "sometimes"',
    ]);
    expect(await said(one('service.name: telnett'))).toEqual([
      'unknown-service: the list of services has no "telnett" (did you mean "telnet"?)',
    ]);
    expect(await said(one('service.name: RFB'))).toEqual([]);
    expect(await said(one('protocol|gt: 3'))).toEqual([
      'never-matches: protocol is no number, so protocol|gt never holds',
    ]);
  });

  it('finds what is not used and what is not there', async () => {
    expect(await said('{ a: { port: 23 }, b: { port: 24 }, condition: a }')).toEqual([
      'unused-selection: the condition does not use the selection "b" (name it there, or take it away)',
    ]);
    const bare = await said(one('port: 23'), 'status: stable');
    expect(bare.map((line) => line.split(':')[0])).toEqual([
      'no-rationale',
      'no-description',
      'no-references',
      'no-remediation',
      'no-tests',
    ]);
  });

  it('finds dead references, placeholders that are none, and severities that fall where exposure grows', async () => {
    const reference = (id: string, url: string): string =>
      `status: stable, description: d, rationale: r, remediation: { generic: [{ what: w, command: "kill {pdi}" }] }, references: [{ id: ${id}, url: "${url}" }], ${TESTS}`;
    expect(
      await said(one('port: 23'), reference('CWE-319', 'https://cwe.mitre.org/data/definitions/320.html')),
    ).toEqual([
      expect.stringMatching(/^dead-reference: CWE-319 and .* name different things/),
      'unknown-placeholder: {pdi} is no placeholder (did you mean "pid"?)',
    ]);
    expect(
      (await said(one('port: 23'), reference('T1021', 'https://attack.mitre.org/wiki/Technique/T1021')))[0],
    ).toMatch(/^dead-reference/);
    const loaded = await load({
      'a.yaml': `rules:\n  - { id: x, title: X, subject: listener, severity: { loopback: high, public: low }, detection: ${one('port: 23')}, ${WHOLE}, ${TESTS} }\n`,
    });
    expect((await lintRules(loaded)).map(({ check }) => check)).toEqual(['severity']);
  });
});

describe('the examples of a rule', () => {
  it('fail with the evaluated rule where they do not come out as it says', async () => {
    const { ruleSet } = await load({
      'a.yaml': `rules:\n${rule('x', one('service.name: telnet'), 'tests: { match: [{ service.name: ftp }], nomatch: [{ service.name: telnetd }] }')}`,
    });
    const failures = await testRules(ruleSet, ruleSet.rules, async () => []);
    expect(failures.map(({ message }) => message)).toEqual([
      'the rule should match this record, and does not',
      'the rule matches this record, and should not',
    ]);
    expect(failures[0]?.traced).toMatchObject({ kind: 'selection', holds: false });
  });

  it('hold the severity that the finding must have', async () => {
    const { ruleSet } = await load({
      'a.yaml': `rules:\n  - { id: x, title: X, subject: listener, severity: { private: high, public: critical }, detection: ${one('port: 23')}, tests: { match: [{ port: 23, exposure.widest: private, severity: critical }] } }\n`,
    });
    const [failure] = await testRules(ruleSet, ruleSet.rules, async () => []);
    expect(failure?.message).toBe('the severity should be critical, and is high');
  });

  it('may stand in a fixture', async () => {
    const { ruleSet } = await load({
      'a.yaml': `rules:\n${rule('x', one('port: 23'), 'tests: { match: [{ fixture: r.json, id: a }], nomatch: [{ fixture: r.json, id: b }, { fixture: r.json, id: c }] }')}`,
    });
    const failures = await testRules(ruleSet, ruleSet.rules, async () => [
      { id: 'a', port: 23 },
      { id: 'b', port: 24 },
    ]);
    expect(failures.map(({ message }) => message)).toEqual(['r.json has no record "c"']);
  });
});
