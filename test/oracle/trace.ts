import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Because } from '../../src/model/exposure.js';
import type { Lab, Probe } from './lab.js';

/** A rule or policy that ended a base chain, as `nft -a monitor trace` prints it. */
interface Ended {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** null: the chain's policy. */
  readonly handle: number | null;
}

const TRACE_TABLE = 'ehr_trace';

const TABLE = `table inet ${TRACE_TABLE} {
 chain p { type filter hook prerouting priority -450; meta nftrace set 1; }
 chain o { type filter hook output priority -450; meta nftrace set 1; }
}
`;

/** Watches every rule that packets of the audited namespace pass. */
export class Tracer {
  private readonly child: ChildProcessWithoutNullStreams;
  private text = '';

  constructor(lab: Lab) {
    lab.load('nft', ['-f', '-'], TABLE);
    this.child = spawn('ip', ['netns', 'exec', lab.name('h'), 'nft', '-a', 'monitor', 'trace']);
    this.child.stdout.setEncoding('utf8');
    this.child.stdout.on('data', (piece: string) => {
      this.text += piece;
    });
  }

  /** What came since the last call, once nothing more does. */
  async taken(quietMs: number): Promise<string> {
    for (let length = -1; length !== this.text.length; ) {
      length = this.text.length;
      await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
    const text = this.text;
    this.text = '';
    return text;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

const LINE = /^trace id (\w+) (\S+) (\S+) (\S+) (.*)$/;

/** The ends of base chains for the first packet of each probe, by its source port. */
export function endsOf(text: string, probes: readonly Probe[]): ReadonlyMap<number, readonly Ended[]> {
  const idOf = new Map<string, number>();
  const bySport = new Map(probes.map((probe) => [probe.sport, probe]));
  const ends = new Map<number, Ended[]>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, id = '', family = '', table = '', chain = '', rest = ''] = match;
    if (rest.startsWith('packet:')) {
      const probe = bySport.get(Number(/ sport (\d+) /.exec(rest)?.[1]));
      const isFirst =
        probe !== undefined &&
        rest.includes(` saddr ${probe.src} `) &&
        (probe.proto === 'udp' || / tcp flags == (syn|0xc2) /.test(rest));
      // Over lo the trace starts anew behind output, with another id.
      const isNew = probe !== undefined && (!ends.has(probe.sport) || probe.in === 'lo');
      if (isFirst && isNew && !idOf.has(id)) {
        idOf.set(id, probe.sport);
        if (!ends.has(probe.sport)) ends.set(probe.sport, []);
      }
      continue;
    }
    const sport = idOf.get(id);
    if (sport === undefined || table === TRACE_TABLE) continue;
    const handle = /# handle (\d+) \(verdict (accept|drop)\)/.exec(rest);
    const native = /# handle (\d+) \(verdict (stolen|queue)/.exec(rest);
    if (handle !== null) ends.get(sport)?.push({ family, table, chain, handle: Number(handle[1]) });
    else if (native === null && rest.startsWith('policy '))
      ends.get(sport)?.push({ family, table, chain, handle: null });
  }
  return ends;
}

const keyOf = (ended: Ended): string => `${ended.family} ${ended.table} ${ended.chain} ${ended.handle ?? 'policy'}`;

/**
 * What the trace shows and the citations do not; null: they agree. Rules of iptables-legacy are not traced, and where several chains of
 * one priority would end the packet alike, all of them are cited: their order is not to be seen.
 */
export function disagreement(ended: readonly Ended[], because: readonly Because[]): string | null {
  // Where NAT chains share a priority, which of them let the packet pass unchanged is not to be seen.
  const traced = ended.filter((one) => one.handle !== null || (one.chain !== 'nat' && one.table !== 'nat')).map(keyOf);
  const ours = because
    .filter((one) => one.backend === 'nft' && one.kind !== 'routing')
    .map((one) =>
      keyOf({
        family: one.family ?? '',
        table: one.table ?? '',
        chain: one.chain ?? '',
        handle: one.kind === 'rule' ? one.handle : null,
      }),
    );
  const first = traced.find((one) => !ours.includes(one));
  return first === undefined ? null : `${first}; trace: ${traced.join(', ')}; cited: ${ours.join(', ')}`;
}
