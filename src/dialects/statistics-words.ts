/**
 * Phrases of net-tools' `netstat -s` and the counters of /proc/net/snmp, snmp6 and netstat behind them, as `GROUP NAME|phrase`. A phrase stands
 * without its number; `#` marks a number in mid-sentence.
 */
const LINUX = `
Ip Forwarding|Forwarding:
Ip DefaultTTL|Default TTL is #
Ip InReceives|total packets received
Ip InHdrErrors|with invalid headers
Ip InAddrErrors|with invalid addresses
Ip ForwDatagrams|forwarded
Ip InUnknownProtos|with unknown protocol
Ip InDiscards|incoming packets discarded
Ip InDelivers|incoming packets delivered
Ip OutRequests|requests sent out
Ip OutDiscards|outgoing packets dropped
Ip OutNoRoutes|dropped because of missing route
Ip ReasmTimeout|fragments dropped after timeout
Ip ReasmReqds|reassemblies required
Ip ReasmOKs|packets reassembled ok
Ip ReasmFails|packet reassemblies failed
Ip ReasmFails|packet reassembles failed
Ip FragOKs|fragments received ok
Ip FragOKs|outgoing packets fragmented ok
Ip FragFails|fragments failed
Ip FragFails|outgoing packets failed fragmentation
Ip FragCreates|fragments created
Ip InTooBigErrors|with packets too big
Ip InNoRoutes|incoming packets with no route
Ip InTruncatedPkts|with truncated packets
Ip InMcastPkts|incoming multicast packets
Ip OutMcastPkts|outgoing multicast packets
Icmp InMsgs|ICMP messages received
Icmp InErrors|input ICMP message failed
Icmp InErrors|input ICMP message failed.
Icmp OutMsgs|ICMP messages sent
Icmp OutErrors|ICMP messages failed
Tcp RtoAlgorithm|RTO algorithm is #
Tcp ActiveOpens|active connection openings
Tcp ActiveOpens|active connections openings
Tcp PassiveOpens|passive connection openings
Tcp AttemptFails|failed connection attempts
Tcp EstabResets|connection resets received
Tcp CurrEstab|connections established
Tcp InSegs|segments received
Tcp OutSegs|segments sent out
Tcp OutSegs|segments send out
Tcp RetransSegs|segments retransmitted
Tcp RetransSegs|segments retransmited
Tcp InErrs|bad segments received
Tcp InErrs|bad segments received.
Tcp OutRsts|resets sent
Udp InDatagrams|packets received
Udp NoPorts|packets to unknown port received
Udp NoPorts|packets to unknown port received.
Udp InErrors|packet receive errors
Udp OutDatagrams|packets sent
Udp RcvbufErrors|receive buffer errors
Udp SndbufErrors|send buffer errors
TcpExt SyncookiesSent|SYN cookies sent
TcpExt SyncookiesRecv|SYN cookies received
TcpExt SyncookiesFailed|invalid SYN cookies received
TcpExt EmbryonicRsts|resets received for embryonic SYN_RECV sockets
TcpExt PruneCalled|packets pruned from receive queue because of socket buffer overrun
TcpExt RcvPruned|packets pruned from receive queue
TcpExt OfoPruned|packets dropped from out-of-order queue because of socket buffer overrun
TcpExt OutOfWindowIcmps|ICMP packets dropped because they were out-of-window
TcpExt LockDroppedIcmps|ICMP packets dropped because socket was locked
TcpExt TW|TCP sockets finished time wait in fast timer
TcpExt TWRecycled|time wait sockets recycled by time stamp
TcpExt TWKilled|TCP sockets finished time wait in slow timer
TcpExt PAWSPassive|passive connections rejected because of time stamp
TcpExt PAWSActive|active connections rejected because of time stamp
TcpExt PAWSEstab|packets rejected in established connections because of timestamp
TcpExt PAWSEstab|packets rejects in established connections because of timestamp
TcpExt DelayedACKs|delayed acks sent
TcpExt DelayedACKLocked|delayed acks further delayed because of locked socket
TcpExt DelayedACKLost|Quick ack mode was activated # times
TcpExt ListenOverflows|times the listen queue of a socket overflowed
TcpExt ListenDrops|SYNs to LISTEN sockets dropped
TcpExt ListenDrops|SYNs to LISTEN sockets ignored
TcpExt TCPPrequeued|packets directly queued to recvmsg prequeue
TcpExt TCPPrequeued|packets directly queued to recvmsg prequeue.
TcpExt TCPDirectCopyFromBacklog|bytes directly in process context from backlog
TcpExt TCPDirectCopyFromPrequeue|bytes directly received in process context from prequeue
TcpExt TCPPrequeueDropped|packets dropped from prequeue
TcpExt TCPHPHits|packet headers predicted
TcpExt TCPHPHitsToUser|packet headers predicted and directly queued to user
TcpExt TCPPureAcks|acknowledgments not containing data payload received
TcpExt TCPPureAcks|acknowledgments not containing data received
TcpExt TCPHPAcks|predicted acknowledgments
TcpExt TCPRenoRecovery|times recovered from packet loss due to fast retransmit
TcpExt TCPSackRecovery|times recovered from packet loss by selective acknowledgements
TcpExt TCPSACKReneging|bad SACK blocks received
TcpExt TCPFACKReorder|Detected reordering # times using FACK
TcpExt TCPSACKReorder|Detected reordering # times using SACK
TcpExt TCPTSReorder|Detected reordering # times using time stamp
TcpExt TCPRenoReorder|Detected reordering # times using reno fast retransmit
TcpExt TCPFullUndo|congestion windows fully recovered without slow start
TcpExt TCPPartialUndo|congestion windows partially recovered using Hoe heuristic
TcpExt TCPDSACKUndo|congestion windows recovered without slow start by DSACK
TcpExt TCPDSACKUndo|congestion window recovered without slow start using DSACK
TcpExt TCPLossUndo|congestion windows recovered without slow start after partial ack
TcpExt TCPLoss|TCP data loss events
TcpExt TCPRenoFailures|timeouts after reno fast retransmit
TcpExt TCPSackFailures|timeouts after SACK recovery
TcpExt TCPLossFailures|timeouts in loss state
TcpExt TCPFastRetrans|fast retransmits
TcpExt TCPForwardRetrans|forward retransmits
TcpExt TCPSlowStartRetrans|retransmits in slow start
TcpExt TCPTimeouts|other TCP timeouts
TcpExt TCPRenoRecoveryFail|classic Reno fast retransmits failed
TcpExt TCPSackRecoveryFail|SACK retransmits failed
TcpExt TCPSchedulerFailed|times receiver scheduled too late for direct processing
TcpExt TCPRcvCollapsed|packets collapsed in receive queue due to low socket buffer
TcpExt TCPDSACKOldSent|DSACKs sent for old packets
TcpExt TCPDSACKOfoSent|DSACKs sent for out of order packets
TcpExt TCPDSACKRecv|DSACKs received
TcpExt TCPDSACKOfoRecv|DSACKs for out of order packets received
TcpExt TCPAbortOnSyn|connections reset due to unexpected SYN
TcpExt TCPAbortOnData|connections reset due to unexpected data
TcpExt TCPAbortOnClose|connections reset due to early user close
TcpExt TCPAbortOnMemory|connections aborted due to memory pressure
TcpExt TCPAbortOnTimeout|connections aborted due to timeout
TcpExt TCPAbortOnLinger|connections aborted after user close in linger timeout
TcpExt TCPAbortFailed|times unable to send RST due to no memory
TcpExt TCPMemoryPressures|TCP ran low on memory # times
`;

/** Below `ICMP input histogram:` and `ICMP output histogram:`, of both families; net-tools spells them differently in each. */
const HISTOGRAM: readonly (readonly [RegExp, string, string])[] = [
  [/^destination unreachable/, 'DestUnreachs', 'DestUnreachs'],
  [/^timeout in transit|^time exceeded|time exceeded$/, 'TimeExcds', 'TimeExcds'],
  [/^wrong parameters?|^parameter problems?/, 'ParmProbs', 'ParmProblems'],
  [/^source quench/, 'SrcQuenchs', 'SrcQuenchs'],
  [/^redirect/, 'Redirects', 'Redirects'],
  [/^echo request/, 'Echos', 'Echos'],
  [/^echo repl/, 'EchoReps', 'EchoReplies'],
  [/^timestamp request/, 'Timestamps', 'Timestamps'],
  [/^timestamp repl/, 'TimestampReps', 'TimestampReps'],
  [/^address mask request/, 'AddrMasks', 'AddrMasks'],
  [/^address mask repl/, 'AddrMaskReps', 'AddrMaskReps'],
  [/^router solicit/, 'RouterSolicits', 'RouterSolicits'],
  [/^router advertisement/, 'RouterAdvertisements', 'RouterAdvertisements'],
  [/^neighbou?r solicit/, 'NeighborSolicits', 'NeighborSolicits'],
  [/^neighbou?r advertisement/, 'NeighborAdvertisements', 'NeighborAdvertisements'],
  [/^group member quer/, 'GroupMembQueries', 'GroupMembQueries'],
  [/^group member reduction/, 'GroupMembReductions', 'GroupMembReductions'],
  [/^group member re(?:sponse|port)/, 'GroupMembResponses', 'GroupMembResponses'],
];

/** Counter of a phrase in the histogram of `In` or `Out`; null: none is known. */
export function histogramCounter(direction: 'In' | 'Out', group: string, phrase: string): string | null {
  for (const [words, four, six] of HISTOGRAM)
    if (words.test(phrase)) return `${direction}${group.endsWith('6') ? six : four}`;
  return null;
}

/** Names that Windows gives counters of the same MIBs (RFC 4293, 4022, 4113). */
const WINDOWS = `
Ip InReceives|Packets Received
Ip InHdrErrors|Received Header Errors
Ip InAddrErrors|Received Address Errors
Ip ForwDatagrams|Datagrams Forwarded
Ip InUnknownProtos|Unknown Protocols Received
Ip InDiscards|Received Packets Discarded
Ip InDelivers|Received Packets Delivered
Ip OutRequests|Output Requests
Ip RoutingDiscards|Routing Discards
Ip OutDiscards|Discarded Output Packets
Ip OutNoRoutes|Output Packet No Route
Ip ReasmReqds|Reassembly Required
Ip ReasmOKs|Reassembly Successful
Ip ReasmFails|Reassembly Failures
Ip FragOKs|Datagrams Successfully Fragmented
Ip FragFails|Datagrams Failing Fragmentation
Ip FragCreates|Fragments Created
Tcp ActiveOpens|Active Opens
Tcp PassiveOpens|Passive Opens
Tcp AttemptFails|Failed Connection Attempts
Tcp EstabResets|Reset Connections
Tcp CurrEstab|Current Connections
Tcp InSegs|Segments Received
Tcp OutSegs|Segments Sent
Tcp RetransSegs|Segments Retransmitted
Udp InDatagrams|Datagrams Received
Udp NoPorts|No Ports
Udp InErrors|Receive Errors
Udp OutDatagrams|Datagrams Sent
Icmp Msgs|Messages
Icmp Errors|Errors
Icmp DestUnreachs|Destination Unreachable
Icmp TimeExcds|Time Exceeded
Icmp ParmProbs|Parameter Problems
Icmp SrcQuenchs|Source Quenches
Icmp Redirects|Redirects
Icmp EchoReps|Echo Replies
Icmp Echos|Echos
Icmp Timestamps|Timestamps
Icmp TimestampReps|Timestamp Replies
Icmp AddrMasks|Address Masks
Icmp AddrMaskReps|Address Mask Replies
`;

function tableOf(text: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const line of text.trim().split('\n')) {
    const [name = '', phrase = ''] = line.split('|');
    table.set(`${name.split(' ')[0]}|${phrase}`, name.split(' ')[1] ?? '');
  }
  return table;
}

/** Names of a group of Windows' `netstat -s` in the order of its lines, which is the same in every language; empty: not known. */
export function windowsOrder(group: string): readonly string[] {
  const base = group.replace(/6$/, '');
  if (base === 'Icmp') return [];
  windows ??= tableOf(WINDOWS);
  return [...windows].filter(([key]) => key.startsWith(`${base}|`)).map(([, name]) => name);
}

let linux: ReadonlyMap<string, string> | null = null;
let windows: ReadonlyMap<string, string> | null = null;

/** Name of the counter that a phrase of a group stands for (`Ip6` has the phrases of `Ip`); null: the phrase is its only name. */
export function counterNamed(system: 'linux' | 'windows', group: string, phrase: string): string | null {
  if (system === 'linux') linux ??= tableOf(LINUX);
  else windows ??= tableOf(WINDOWS);
  const table = (system === 'linux' ? linux : windows) ?? new Map<string, string>();
  const base = group.replace(/6$/, '').replace('UdpLite', 'Udp');
  const name = table.get(`${base}|${phrase}`) ?? null;
  return name === 'ForwDatagrams' && group === 'Ip6' && system === 'linux' ? 'OutForwDatagrams' : name;
}
