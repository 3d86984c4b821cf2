import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULES } from './pack.js';

/** Every command and its way back, with the rule it stands in. Placeholders become a word. */
const COMMANDS = RULES.flatMap(({ id, remediation }) =>
  Object.values(remediation)
    .flat()
    .flatMap(({ command, undo }) => [command, undo ?? ''])
    .filter((command) => command !== '')
    .map((command) => ({ id, command: command.replace(/\{[a-z]+\}/g, 'word') })),
);

/** Units by name, with the package of Debian 12 that brings them. */
const UNITS = new Map(
  readFileSync('test/rules-pack/debian-units.txt', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ') as [string, string]),
);

/** `vsftpd.service` in a command; not `docker.service.d`, and not a pattern. */
const unitsIn = (command: string): readonly string[] =>
  command.match(/(?<![\w@.*/-])[A-Za-z0-9][\w@.-]*\.(?:service|socket|path|target)(?![\w/])/g) ?? [];

describe('the commands of the pack', () => {
  it('name units that Debian 12 has, or that come from the makers of the program', () => {
    const unknown = RULES.flatMap(({ id, remediation }) =>
      (remediation['debian'] ?? [])
        .flatMap(({ command, undo }) => [...unitsIn(command), ...unitsIn(undo ?? '')])
        .filter((unit) => !UNITS.has(unit))
        .map((unit) => `${id}: ${unit}`),
    );
    expect(unknown).toEqual([]);
  });

  it('stand on one line, so that they can be pasted', () => {
    expect(COMMANDS.filter(({ command }) => command.includes('\n'))).toEqual([]);
  });

  it('are what a shell can read', () => {
    const script = COMMANDS.map(({ command }, index) => `f${index}() { ${command}\n}`).join('\n');
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    const line = Number(/(?:line )?(\d+):/.exec(stderr)?.[1] ?? 0);
    expect({ status, stderr, at: line === 0 ? null : COMMANDS[Math.floor((line - 1) / 2)] }).toEqual({
      status: 0,
      stderr: '',
      at: null,
    });
  });
});
