import { spawnSync } from 'node:child_process';
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

describe('the commands of the pack', () => {
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
