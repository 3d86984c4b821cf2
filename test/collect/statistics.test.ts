import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConntrack, parseIgmp, parseIgmp6, parseSnmp, parseSnmp6 } from '../../src/collect/network/statistics.js';
import { itNeeds, needs } from '../needs.js';

describe('counters of /proc/net', () => {
  it('pairs the names of a group with its values', () => {
    const text = 'Tcp: RtoAlgorithm MaxConn CurrEstab\nTcp: 1 -1 7\nUdp: InDatagrams\nUdp: 18446744073709551615\n';
    expect(parseSnmp(text)).toEqual({
      Tcp: { RtoAlgorithm: '1', MaxConn: '-1', CurrEstab: '7' },
      Udp: { InDatagrams: '18446744073709551615' },
    });
  });

  it('groups the IPv6 counters by what ends in 6', () => {
    expect(parseSnmp6('Ip6InReceives   12\nIcmp6OutType133  3\nUdpLite6InErrors 0\n')).toEqual({
      Ip6: { InReceives: '12' },
      Icmp6: { OutType133: '3' },
      UdpLite6: { InErrors: '0' },
    });
  });

  it('reads the groups an interface listens to', () => {
    const igmp =
      'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n3\teth0      :     2      V3\n\t\t\t\t030201EF     1 0:00000000\t\t0\n\t\t\t\t010000E0     2 0:00000000\t\t0\n';
    expect(parseIgmp(igmp)).toEqual([
      { interface: 'eth0', family: 'ipv4', group: '239.1.2.3', users: 1 },
      { interface: 'eth0', family: 'ipv4', group: '224.0.0.1', users: 2 },
    ]);
    expect(parseIgmp6('2    eth0            ff0200000000000000000001ff00000a     1 00000004 0\n')).toEqual([
      { interface: 'eth0', family: 'ipv6', group: 'ff02::1:ff00:a', users: 1 },
    ]);
  });

  it('takes from conntrack only connections whose source is translated', () => {
    const rows = [
      'ipv4     2 tcp      6 431999 ESTABLISHED src=172.17.0.2 dst=198.51.100.9 sport=40000 dport=443 src=198.51.100.9 dst=192.0.2.10 sport=443 dport=40001 [ASSURED] mark=0 use=1',
      'ipv4     2 tcp      6 100 ESTABLISHED src=192.0.2.10 dst=198.51.100.9 sport=50000 dport=22 src=198.51.100.9 dst=192.0.2.10 sport=22 dport=50000 mark=0 use=1',
    ];
    expect(parseConntrack(rows.join('\n'))).toEqual([
      {
        protocol: 'tcp',
        source: '172.17.0.2',
        sourcePort: 40000,
        destination: '198.51.100.9',
        destinationPort: 443,
        translated: '192.0.2.10',
        translatedPort: 40001,
        state: 'ESTABLISHED',
        expiresSeconds: 431999,
      },
    ]);
  });

  itNeeds([needs.linux], 'reads every line of this kernel', () => {
    const snmp = readFileSync('/proc/net/snmp', 'utf8');
    const groups = new Set(snmp.split('\n').flatMap((line) => /^(\w+):/.exec(line)?.[1] ?? []));
    expect(Object.keys(parseSnmp(snmp))).toEqual([...groups]);
  });
});
