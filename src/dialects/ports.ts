import { allServices, portsNamed, serviceNamed } from '../lib/services.js';
import { PORT_NAMES } from '../lib/services-table.js';

/** Names that a services file gives one port of a service which our list knows at several. */
const OF_SERVICES_FILES: Readonly<Record<string, readonly number[]>> = {
  x11: [6000],
  'netbios-ssn': [139],
  ntalk: [518],
  wsmans: [5986],
  'old-radius': [1645],
  'old-radacct': [1646],
  'ptp-general': [320],
  'dicom-alt': [11112],
  finger: [79],
};

/**
 * Ports that a name in place of a port number stands for, ascending. The one list of services says where a service is usually found; in a
 * services file the name itself is only its first port (`http` is 80, never 8080).
 */
export function portsOfName(name: string, protocol: string): readonly number[] {
  const word = name.toLowerCase();
  const fixed = OF_SERVICES_FILES[word];
  if (fixed !== undefined) return fixed;
  const transport = protocol === 'udplite' ? 'udp' : protocol;
  const own = serviceNamed(word)?.ports.find((port) => !port.shared && port.transport === transport);
  if (own !== undefined) return [own.from];
  const found = portsNamed(word, transport);
  return found.length > 0 ? found : portsNamed(word, null);
}

let names: readonly string[] | null = null;

function allNames(): readonly string[] {
  if (names !== null) return names;
  const words = new Set<string>();
  for (const entry of allServices())
    for (const word of [entry.name, entry.iana ?? entry.name, ...entry.aliases]) words.add(word);
  for (const line of PORT_NAMES.trim().split('\n')) words.add(line.slice(0, line.indexOf(' ')));
  names = [...words];
  return names;
}

/** Ports that one cut name may stand for, at most. */
const CANDIDATES_MAX = 16;

/** Ports of every known name that begins with `start`, which a column may have cut off. */
export function portsOfCutName(start: string, protocol: string): readonly number[] {
  const ports = new Set<number>();
  const word = start.toLowerCase();
  for (const name of allNames())
    if (name.toLowerCase().startsWith(word)) for (const port of portsOfName(name, protocol)) ports.add(port);
  return [...ports].sort((a, b) => a - b).slice(0, CANDIDATES_MAX);
}
