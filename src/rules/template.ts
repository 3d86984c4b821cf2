import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import { isExposed, SUBJECTS, type Subject } from './fields.js';

/** A selection to begin with, and a record that it does not match. */
const EXAMPLES: Readonly<Record<Subject, readonly [selection: string, other: string]>> = {
  listener: ['service.name: telnet', 'service.name: ssh'],
  published: ['service.name: redis', 'service.name: http'],
  socket: ['protocol: raw', 'protocol: tcp'],
  interface: ['promiscuity|gt: 0', 'promiscuity: 0'],
  route: ['protocol: redirect', 'protocol: kernel'],
  forwarding: ['ipv4: true', 'ipv4: false'],
  membership: ['group: 224.0.0.251', 'group: 224.0.0.1'],
  firewall: ['inputPolicy: accept', 'inputPolicy: drop'],
  host: ['publicListeners|gt: 50', 'publicListeners: 3'],
};

/** A record that the example's selection matches. */
const matching = (selection: string): string =>
  selection.replace(/^(\S+)\|gt: (\d+)$/, (_, field, number) => `${field}: ${Number(number) + 1}`);

function template(id: string, subject: Subject): string {
  const [selection, other] = EXAMPLES[subject];
  const title = id.replace(/-/g, ' ').replace(/^./, (letter) => letter.toUpperCase());
  const exposed = isExposed(subject);
  const severity = exposed ? '{ loopback: info, private: medium, public: high }' : 'medium';
  const record = (text: string, more: string): string => `- { ${text}${more} }`;
  return `# yaml-language-server: $schema=./rules.schema.json
# (earshot schema rules > rules.schema.json: then an editor completes keys and fields)
# Check it: earshot rules lint FILE; try it: earshot rules test FILE; use it: earshot audit --rules FILE
# The fields of a ${subject} and every key stand in docs/rules.md.
pack: mine
rules:
  - id: ${id}
    title: ${title}
    status: experimental
    description: One sentence that says what it matches.
    rationale: >-
      What an attacker does with it, for somebody who is no specialist.
    subject: ${subject}
    severity: ${severity}
    references:
      - { id: CWE-200, url: "https://cwe.mitre.org/data/definitions/200.html" }
    remediation:
      generic:
        - what: What to do, and what breaks by it
          command: ${exposed ? 'systemctl disable --now {unit}' : '""'}
          undo: ${exposed ? 'systemctl enable --now {unit}' : '""'}
    falsepositives:
      - When it is fine.
    detection:
      selection:
        ${selection}
      condition: selection
    tests:
      match:
        ${record(matching(selection), exposed ? ', exposure.widest: public, severity: high' : '')}
      nomatch:
        ${record(other, exposed ? ', exposure.widest: public' : '')}
`;
}

const isSubject = (name: string): name is Subject => (SUBJECTS as readonly string[]).includes(name);

/** A rule to begin with, as the text of its file. @throws UsageError for an id or subject that cannot be. */
export function ruleTemplate(id: string, subject: string): string {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))
    throw new UsageError(`"${id}" is no id`, 'words in lower case, joined by -');
  if (!isSubject(subject))
    throw new UsageError(`there is no subject "${subject}"`, didYouMean(subject, SUBJECTS) ?? SUBJECTS.join(', '));
  return template(id, subject);
}
