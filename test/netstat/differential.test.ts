import { afterAll, beforeAll, describe, expect } from 'vitest';
import { itNeeds, needs } from '../needs.js';
import type { Compared } from './driver.js';
import { type Lab, standingLab } from './lab.js';

const required = [needs.linux, needs.root, needs.program('ip'), needs.program('python3'), needs.program('netstat')];
const met = required.every((need) => need.met());

/** Every flag of issue and manual page, alone and in the combinations that people type. */
const FLAG_SETS: readonly string[] = [
  ...['', '-a', '-l', '-n', '-an', '-ln', '-aN', '-av'],
  ...['-t', '-u', '-w', '-x', '-U', '-ta', '-ua', '-wa', '-xa', '-Ua', '-tl', '-ul', '-wl', '-xl', '-tul', '-atu'],
  ...['-tn', '-un', '-wn', '-xn', '-nat', '-nau', '-naw', '-tulpn', '-tulpen', '-plunt', '-anpe', '-anpeo'],
  ...['-p', '-ap', '-anp', '-lp', '-xp', '-xap'],
  ...['-e', '-ae', '-ane', '-aee', '-anee', '-le', '-aeee'],
  ...['-o', '-ano', '-ant -o', '-nuo', '-nwao', '-aeo', '-no6'],
  ...['-4', '-6', '-4a', '-6a', '-4an', '-6an', '-4l', '-6l', '-46an', '-4t', '-6t', '-4x', '-t6nl', '-x4'],
  ...['-W', '-tW', '-taW', '-anW -t', '-lW -u', '-6anW', '-W -4e'],
  ...[
    '-A inet -a',
    '-A inet6 -an',
    '-A unix',
    '-A unix -a',
    '-A inet,inet6 -an',
    '-A inet,unix -l',
    '--inet -a',
    '--inet6 -n',
  ],
  ...[
    '--tcp --listening --numeric',
    '--all --udp --programs',
    '--unix --listening',
    '--raw --extend --all',
    '--timers --tcp',
  ],
  ...['--numeric-hosts -ta', '--numeric-ports -ta', '--numeric-users -tae', '--numeric-hosts --numeric-ports -tae'],
  ...['-s', '-st', '-su', '-sw', '-stu', '-s4', '-s6', '-st6', '-su6', '-sw6', '-sn', '--statistics --raw', '-s46'],
  ...[
    '-r',
    '-rn',
    '-re',
    '-ree',
    '-rne',
    '-rnee',
    '-rnv',
    '-r4',
    '-r6',
    '-rn6',
    '-rne6',
    '-rnee6',
    '-rn46',
    '-reee',
    '-rN',
  ],
  ...['--route --numeric', '-rC', '-rCe', '-rCee', '-rC6', '-rF', '-rFC'],
  ...['-i', '-ia', '-ie', '-iae', '-iee', '-in', '--interfaces --all', '--interfaces --extend'],
  ...['-g', '-gn', '-g4n', '-g6n', '--groups --numeric', '-gnt'],
];

/** A blank ends a path in net-tools; with -W ours is whole. */
const cut = (line: string): string => line.replace(/(\/with) blank$/, '$1');

describe.skipIf(!met && process.env['CI'] !== 'true')("the same lines as net-tools' netstat", () => {
  let lab: Lab | null = null;
  let compared: ReadonlyMap<string, Compared> = new Map();
  beforeAll(async () => {
    if (!met) return;
    lab = await standingLab();
    compared = new Map((await lab.compare(FLAG_SETS)).map((each) => [each.set, each]));
  });
  afterAll(() => lab?.end());

  for (const set of FLAG_SETS)
    itNeeds(required, `netstat ${set}`, () => {
      const { ours = '', theirs = '', ourStatus, theirStatus } = compared.get(set) ?? {};
      const lines = ours.split('\n');
      expect(set.includes('W') ? lines.map(cut) : lines).toEqual(theirs.split('\n'));
      expect(ourStatus).toBe(theirStatus);
    });

  itNeeds(required, 'says on standard error what net-tools says there', async () => {
    for (const flags of [['-nv'], ['-r', '-x'], ['-S']])
      expect((await lab?.ours(...flags))?.stderr).toBe((await lab?.netTools(...flags))?.stderr);
  });

  itNeeds(required, 'repeats a view with -c until its reader has gone', async () => {
    const words = ' "$0" "$@" | head -n 40';
    const { stdout } = (await lab?.run('sh', '-c', words, process.execPath, lab.path, 'netstat', '-i', '-c')) ?? {
      stdout: '',
    };
    expect(stdout.split('\n').filter((line) => line.startsWith('Iface')).length).toBeGreaterThanOrEqual(1);
    expect(stdout.split('\n').filter((line) => line.startsWith('Kernel'))).toHaveLength(1);
  });
});
