import { existsSync, readFileSync, realpathSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { audit } from '../audit.js';
import { configTemplate } from '../config/template.js';
import { cronFile, PATHS, type Program, serviceUnit, timerUnit } from '../config/units.js';
import { UsageError } from '../lib/errors.js';
import { openFile } from '../sinks/file.js';
import type { Io } from './io.js';
import { settingsOf } from './settings.js';
import { setupOf } from './setup.js';
import { readSnapshots } from './sources.js';

interface InitFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly systemd?: boolean;
  readonly cron?: boolean;
  readonly remove?: boolean;
  readonly printOnly?: boolean;
  /** Folder that stands for `/`: an image that is being built, a test. */
  readonly root?: string;
  /** Node and entry, `NODE:ENTRY`, where they will be rather than where they are. */
  readonly program?: string;
}

/** Only what earshot wrote is removed or written over. */
const isOurs = (file: string): boolean => readFileSync(file, 'utf8').startsWith('# earshot: ');

function program(flags: InitFlags): Program {
  const named = flags.program?.split(':');
  if (named !== undefined) {
    const [node = '', entry = ''] = named;
    if (!node.startsWith('/') || !entry.startsWith('/')) throw new UsageError('--program takes /path/node:/path/entry');
    return { node, entry };
  }
  const entry = process.argv[1];
  if (entry === undefined) throw new UsageError('earshot does not know where it is installed', 'run it by its path');
  return { node: process.execPath, entry: realpathSync(entry) };
}

/** An upgrade of Node by a version manager would leave the unit pointing at nothing. */
const warnAboutPath = (path: string): string =>
  /\/(?:\.nvm|\.npm|_npx|\.pyenv|\.volta|\.asdf)\//.test(path)
    ? `earshot: ${path} is a personal or temporary place; install Node and earshot for the system before relying on the timer\n`
    : '';

async function install(files: readonly (readonly [string, string])[], flags: InitFlags, io: Io): Promise<void> {
  for (const [path, text] of files) {
    const file = join(flags.root ?? '/', path);
    if (flags.printOnly === true) {
      await io.out(`# ${file}\n${text}\n`);
      continue;
    }
    if (existsSync(file) && !isOurs(file))
      throw new UsageError(`${file}: is there and was not written by earshot`, 'move it away first');
    openFile(file, 0o644).write(text);
    await io.out(`wrote ${file}\n`);
  }
}

async function remove(flags: InitFlags, io: Io): Promise<void> {
  let removed = 0;
  for (const path of Object.values(PATHS)) {
    const file = join(flags.root ?? '/', path);
    if (!existsSync(file)) continue;
    if (!isOurs(file)) {
      await io.err(`earshot: ${file} was not written by earshot and stays\n`);
      continue;
    }
    unlinkSync(file);
    removed++;
    await io.out(`removed ${file}\n`);
  }
  await io.out(
    removed === 0
      ? 'nothing was installed\n'
      : 'Now: systemctl disable earshot.timer; systemctl daemon-reload\nThe history in /var/lib/earshot stays: rm -r /var/lib/earshot removes it.\n',
  );
}

async function writeConfig(flags: InitFlags, io: Io): Promise<void> {
  const file = resolve(io.cwd, flags.output ?? 'earshot.yaml');
  if (existsSync(file) && flags.force !== true && flags.printOnly !== true)
    throw new UsageError(`${file}: is there already`, 'delete it, name another with -o, or write over it with --force');
  const settings = await settingsOf({ config: false }, io);
  const { setup } = await setupOf(settings, [], io);
  const [snapshot] = await readSnapshots({}, settings, io);
  if (snapshot === undefined) throw new UsageError('this host could not be read');
  const report = await audit(snapshot, setup);
  const text = configTemplate(report.listeners, report.host.hostname, report.collection.startedAt);
  if (flags.printOnly === true) return io.out(text);
  openFile(file, 0o644).write(text);
  await io.out(`wrote ${file}: look at its proposed allowlist\n`);
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .option('-o, --output <file>', 'the configuration (default: earshot.yaml here)')
    .option('--force', 'write over an existing configuration')
    .option('--systemd', 'install a nightly service and timer instead (root)')
    .option('--cron', 'install /etc/cron.d/earshot instead (root)')
    .option('--print-only', 'print what would be written')
    .option('--remove', 'take away what --systemd and --cron installed')
    .addOption(new Option('--root <folder>', 'folder that stands for /').hideHelp())
    .addOption(new Option('--program <paths>', 'NODE:ENTRY in the unit').hideHelp())
    .action(async (flags: InitFlags) => {
      if (flags.remove === true) await remove(flags, io);
      else if (flags.systemd === true || flags.cron === true) {
        const where = program(flags);
        await io.err(warnAboutPath(where.node) + warnAboutPath(where.entry));
        if (flags.systemd === true) {
          await install(
            [
              [PATHS.service, serviceUnit(where)],
              [PATHS.timer, timerUnit()],
            ],
            flags,
            io,
          );
          if (flags.printOnly !== true)
            await io.out('Now: systemctl daemon-reload && systemctl enable --now earshot.timer\n');
        }
        if (flags.cron === true) await install([[PATHS.cron, cronFile(where)]], flags, io);
      } else await writeConfig(flags, io);
      done(0);
    });
}
