/** IANA's keywords for the protocol numbers that raw sockets are opened with. */
const KEYWORDS: Readonly<Record<number, string>> = {
  0: 'ip',
  1: 'icmp',
  2: 'igmp',
  4: 'ipv4',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  88: 'eigrp',
  89: 'ospfigp',
  103: 'pim',
  112: 'vrrp',
  115: 'l2tp',
  132: 'sctp',
  136: 'udplite',
  255: 'raw',
};

const SPELLINGS: Readonly<Record<string, string>> = {
  icmp6: 'ipv6-icmp',
  icmpv6: 'ipv6-icmp',
  ospf: 'ospfigp',
  ipencap: 'ipv4',
};

/** Keyword of an IP protocol given as number or name, as text; a number that has none stays a number. */
export function ipProtocolOf(text: string): string {
  if (/^\d{1,3}$/.test(text)) return KEYWORDS[Number(text)] ?? String(Number(text));
  const word = text.toLowerCase();
  return SPELLINGS[word] ?? word;
}
