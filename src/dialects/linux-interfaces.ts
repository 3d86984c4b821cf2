import { type Dialect, type Reader, type Row, SKIP, UNREAD } from './dialect.js';

/** `Met` is only in the table of old net-tools; RX-OVR and TX-OK stand apart in the new one. */
const ROW = /^\s*(\S+)\s+(\d+)((?:\s+\d+){8,9})\s+([A-Za-z[\] ]+?)\s*$/;
const ROW_WITHOUT = /^\s*(\S+)\s+(\d+)(?:\s+\d+)?\s+- \S.* -\s+([A-Za-z]+)\s*$/;
const HEADING = /^\s*\S+\s+MTU\s+(?:Met\s+)?RX-OK\s+RX-ERR\s/;
const TITLE = /^\s*Kernel Interface table/;

/** Letters of the Flg column (ife_print_short() of net-tools' interface.c). `P` is promiscuous or point-to-point. */
const FLAGS: Readonly<Record<string, string>> = {
  A: 'ALLMULTI',
  B: 'BROADCAST',
  D: 'DEBUG',
  L: 'LOOPBACK',
  M: 'MULTICAST',
  d: 'DYNAMIC',
  N: 'NOTRAILERS',
  O: 'NOARP',
  s: 'SLAVE',
  m: 'MASTER',
  R: 'RUNNING',
  U: 'UP',
};

function flagsOf(letters: string): readonly string[] {
  if (letters.includes('[')) return [];
  const flags = new Set<string>();
  for (const letter of letters) {
    const flag =
      letter === 'P' ? (letters.includes('B') || flags.has('PROMISC') ? 'PROMISC' : 'POINTOPOINT') : FLAGS[letter];
    if (flag !== undefined) flags.add(flag);
  }
  return [...flags];
}

/** `netstat -i` of Linux. */
class LinuxInterfaces implements Reader {
  name(): string {
    return 'Linux interface table (netstat -i)';
  }

  row(line: string): Row {
    const match = ROW.exec(line);
    if (match === null) {
      const bare = ROW_WITHOUT.exec(line);
      if (bare !== null)
        return {
          kind: 'interface',
          interface: { name: bare[1] ?? '', mtu: Number(bare[2]), flags: flagsOf(bare[3] ?? '') },
        };
      return HEADING.test(line) || TITLE.test(line) || line === '' ? SKIP : UNREAD;
    }
    const numbers = (match[3] ?? '').trim().split(/\s+/).slice(-8);
    const [
      rxPackets = '0',
      rxErrors = '0',
      rxDropped = '0',
      rxOverruns = '0',
      txPackets = '0',
      txErrors = '0',
      txDropped = '0',
      txOverruns = '0',
    ] = numbers;
    return {
      kind: 'interface',
      interface: {
        name: match[1] ?? '',
        mtu: Number(match[2]),
        flags: flagsOf(match[4] ?? ''),
        counters: { rxPackets, rxErrors, rxDropped, rxOverruns, txPackets, txErrors, txDropped, txOverruns },
      },
    };
  }
}

export const linuxInterfaces: Dialect = {
  name: 'Linux netstat -i',
  os: 'Linux',
  recognise: (line) => (HEADING.test(line) || TITLE.test(line) ? 'heading' : 'no'),
  open: () => new LinuxInterfaces(),
};
