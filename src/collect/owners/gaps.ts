import type { Gap } from '../../model/gap.js';
import type { Host } from '../host.js';
import type { OwnersMethod, TaskScan } from './scan.js';

const NAMED_MAX = 5;
const COMM_BYTES_MAX = 64;

/** BPF was asked for by name and could not be had. */
export function forcedGap(method: OwnersMethod, scan: TaskScan): readonly Gap[] {
  if (method !== 'bpf' || scan.bpfRefused === null) return [];
  return [
    {
      kind: 'owner',
      what: 'owners by BPF iterators, as asked for',
      why: scan.bpfRefused,
      hides: scan.complete ? 'nothing: a walk over /proc found them' : 'owners that the walk over /proc could not see',
      fix: 'use --owners auto, or run as root with CAP_BPF and CAP_PERFMON',
      hidesListeners: false,
    },
  ];
}

/** What the search for owners could not look at: processes that keep their descriptors to themselves, and those not even listed. */
export function searchGaps(host: Host, scan: TaskScan): readonly Gap[] {
  const gaps: Gap[] = scan.blind.map((why) => ({
    kind: 'owner',
    what: 'processes that are not visible here',
    why,
    hides:
      'network namespaces in which only such processes live, with their listeners; and owners: a listener may be held by such a process, alone or together with the owners shown',
    fix: 'run earshot as root on the host itself',
    hidesListeners: true,
  }));
  const pids = [...new Set(scan.unsearched.map((task) => task.pid))];
  const [first] = scan.unsearched;
  if (first === undefined) return gaps;
  const names = pids.slice(0, NAMED_MAX).map((pid) => `${commandName(host, pid)} (${pid})`);
  const more = pids.length > NAMED_MAX ? `, and ${pids.length - NAMED_MAX} more` : '';
  const folder = first.tid === first.pid ? `/proc/${first.pid}/fd` : `/proc/${first.pid}/task/${first.tid}/fd`;
  gaps.push({
    kind: 'owner',
    what: `open files of ${pids.length === 1 ? 'one process' : `${pids.length} processes`}: ${names.join(', ')}${more}`,
    why: `${first.why}: ${folder}`,
    hides: 'owners: a listener may be held by such a process, alone or together with the owners shown',
    fix: 'run as root; where root is refused too, allow CAP_SYS_PTRACE, or CAP_BPF and CAP_PERFMON',
    hidesListeners: false,
  });
  return gaps;
}

function commandName(host: Host, pid: number): string {
  const comm = host.sync.readText(`/proc/${pid}/comm`, COMM_BYTES_MAX);
  return comm.ok ? comm.value.replace(/\n$/, '') : '?';
}
