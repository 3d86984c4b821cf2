import type { Listener } from '../model/listener.js';

/** YAML 1.2: a word that needs no quotes, else a double-quoted JSON string, which is YAML too. */
const yaml = (text: string): string =>
  /^[A-Za-z][\w./@-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** One entry of the proposed allowlist: enough fields to tell the listener, none that moves by itself. */
function entryOf(listener: Listener): string {
  const fields: string[] = [];
  if (listener.service.name !== null) fields.push(`service.name: ${yaml(listener.service.name)}`);
  fields.push(`protocol: ${listener.protocol}`);
  if (listener.port !== null) fields.push(`port: ${listener.port}`);
  else if (listener.address !== null) fields.push(`address: ${yaml(listener.address)}`);
  const exe = listener.owners.find((owner) => owner.exe !== null)?.exe;
  if (exe !== undefined && exe !== null) fields.push(`owners.exe: ${yaml(exe)}`);
  if (listener.namespace.name !== 'host') fields.push(`namespace.name: ${yaml(listener.namespace.name)}`);
  return `    - { ${fields.join(', ')} }`;
}

/** Listeners somebody outside could hear; the rest is one entry of the allowlist. */
const heardOutside = (listener: Listener): boolean =>
  listener.exposure !== null &&
  !['none', 'local', 'loopback'].includes(listener.exposure.widest) &&
  listener.listening === 'certain';

/** A first earshot.yaml: every key explained, an allowlist of what listens now proposed. */
export function configTemplate(listeners: readonly Listener[], host: string, at: string): string {
  const entries = [...new Set(listeners.filter(heardOutside).map(entryOf))].sort();
  return `# yaml-language-server: $schema=./earshot.config.schema.json
# (earshot schema config > earshot.config.schema.json lets an editor complete and check this file)
#
# Configuration of earshot. Every key is named as the flag that does the same; a flag beats this file.

# Exit with 1 on a new finding at or above this: critical, high, medium, low, info, or none.
fail-on: high

# What reports show; JSON always holds everything.
# min-severity: low

# Exit with 3 when something that could hide a listener was not seen.
# require-complete: true

# Reports to write beside what is shown.
# outputs:
#   - { format: html, file: /var/lib/earshot/report.html }
#   - { format: prometheus, file: /var/lib/node_exporter/earshot.prom }
#   - { format: json, file: "https://siem.example.com/earshot" }
#   - { file: "syslog+tls://siem.example.com" }

# Rules of your own: files, folders or npm packages (earshot rules new my-rule > my-rules.yaml).
# rules: [my-rules.yaml]

# What was agreed: earshot audit -f json -o r.json; earshot baseline accept r.json
# baseline: earshot.baseline.json

# Zones of your own, and built-in ones tied to an interface.
# zones:
#   office: { interface: eth0, from: [198.51.100.0/24], rank: private }

# Accepted findings: who, why, until when.
# waivers:
#   - rule: telnet-exposed
#     subject: tcp/192.0.2.7:23@host
#     owner: ops@example.com
#     reason: the PBX speaks nothing else; its VLAN is closed
#     expires: ${at.slice(0, 4)}-12-31

# Only these may be heard. What listened on ${yaml(host)} at ${at} is proposed; delete what should not be there, then uncomment it all:
# policy:
#   mode: allowlist
#   allow:
#     - { name: this host only, exposure.widest: [none, local, loopback] }
${entries.map((entry) => `# ${entry}\n`).join('')}`;
}
