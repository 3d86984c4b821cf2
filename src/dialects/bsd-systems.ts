/** Systems whose netstat comes from 4.3BSD. */
export type BsdSystem = 'FreeBSD' | 'OpenBSD' | 'NetBSD' | 'macOS' | 'AIX' | 'HP-UX' | 'NetBSD or QNX' | 'BSD';

/** What was seen while reading. */
export interface Traits {
  heading: string;
  titles: string;
  /** `tcp` or `udp` rows without a digit. */
  digitless: boolean;
  /** `tcp4` rows. */
  digits: boolean;
  /** `tcp46` rows. */
  both: boolean;
  /** `tcp6` rows. */
  six: boolean;
  rhiwat: boolean;
  /** One blank before the local address, where macOS has two. */
  narrow: boolean;
}

/** Which system printed it: headings first, then the way protocols are written. */
export function guessSystem(traits: Traits): BsdSystem {
  const { heading, titles } = traits;
  if (/TCP-State|^\s*Proto {3}Recv-Q/m.test(heading)) return 'OpenBSD';
  if (
    traits.rhiwat ||
    /Flowhash|process:pid/.test(heading) ||
    /Multipath|Registered kernel|Active kernel|Active LOCAL/.test(titles)
  )
    return 'macOS';
  if (/SADR\/PCB|PCB\/ADDR|aix pcb/.test(heading)) return 'AIX';
  if (/Tcpcb|Log ID|Rexmit|^Proto Recv-Q Send-Q Local/m.test(heading)) return 'FreeBSD';
  // HP-UX prints a table a family, its title saying which.
  if (/connections \(IPv[46], /.test(titles)) return 'HP-UX';
  // QNX has NetBSD's netstat, down to its headings.
  if (/Internet6/.test(titles)) return 'NetBSD or QNX';
  if (traits.digitless && traits.digits) return 'AIX';
  if (traits.both || traits.digits || (traits.six && !traits.digitless)) return traits.narrow ? 'FreeBSD' : 'macOS';
  if (traits.digitless) return traits.six ? 'NetBSD or QNX' : 'HP-UX';
  return 'BSD';
}
