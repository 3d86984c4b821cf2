import { resolve } from 'node:path';
import { type LoadedConfig, loadConfig, pathFrom } from '../config/config.js';
import type { GateSettings } from '../gate/gate.js';
import type { Narrowing } from '../gate/narrow.js';
import { UsageError } from '../lib/errors.js';
import { didYouMean } from '../lib/nearest.js';
import type { Config, ConfigOutput } from '../model/config.js';
import type { Severity } from '../model/finding.js';
import { FORMAT_NAMES, type FormatName } from '../report/formats.js';
import { isAddress, makesMessages } from '../sinks/target.js';
import type { AuditFlags, Output } from './flags.js';
import type { Io } from './io.js';
import { defaultStateFolder } from './state.js';

/** Flags and configuration, merged once: a flag beats the file, the file beats the default. */
export interface Settings {
  readonly loaded: LoadedConfig;
  readonly outputs: readonly Output[];
  readonly gate: GateSettings;
  readonly narrowing: Narrowing;
  readonly timeoutMs: number;
  readonly backend: 'auto' | 'netlink' | 'proc';
  readonly owners: 'auto' | 'bpf' | 'proc';
  readonly identity: boolean;
  readonly probe: boolean;
  /** Rule packs of the user's own; paths are absolute where they name a file. */
  readonly rules: readonly string[];
  readonly builtin: boolean;
  readonly baseline: string | null;
  readonly compareTo: string | null;
  readonly state: string | null;
  readonly quietIfUnchanged: boolean;
  readonly quiet: boolean;
  /** Permission bits for written files; null: each format's own. */
  readonly mode: number | null;
  readonly layers: boolean;
}

function rangesOf(ports: readonly (string | number)[], file: string | null): readonly (readonly [number, number])[] {
  return ports.map((port) => {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(port));
    const low = Number(range?.[1]);
    const high = Number(range?.[2] ?? range?.[1]);
    if (range === null || low > high || high > 65_535)
      throw new UsageError(`${file ?? 'port'}: "${port}" is no port or range of ports`, 'write 22 or 8000-8100');
    return [low, high];
  });
}

function describe(narrowing: Narrowing): readonly string[] {
  return [
    ...narrowing.ports.map(([low, high]) => `port ${low === high ? low : `${low}-${high}`}`),
    ...narrowing.namespaces.map((name) => `namespace ${name}`),
    ...narrowing.containers.map((name) => `container ${name}`),
    ...narrowing.units.map((name) => `unit ${name}`),
  ];
}

function formatNamed(name: string, file: string | null): FormatName {
  const found = FORMAT_NAMES.find((format) => format === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `${file}: outputs: "${name}" is no format`,
    didYouMean(name, FORMAT_NAMES) ?? FORMAT_NAMES.join(', '),
  );
}

/** An entry of `outputs` in the configuration. */
function configured({ format, file }: ConfigOutput, loaded: LoadedConfig): Output {
  if (file !== undefined && makesMessages(file)) {
    if (format === undefined) return { format: null, file };
    throw new UsageError(
      `${loaded.file}: outputs: ${file} makes messages of its own, one a finding`,
      'leave its format out',
    );
  }
  if (format === undefined)
    throw new UsageError(`${loaded.file}: outputs: ${file ?? 'an entry'} lacks a format`, FORMAT_NAMES.join(', '));
  return {
    format: formatNamed(format, loaded.file),
    file: file === undefined ? null : isAddress(file) ? file : pathFrom(loaded, file),
  };
}

/** Formats that were asked for: at most one without a file. */
function outputsOf(flags: AuditFlags, loaded: LoadedConfig): readonly Output[] {
  const fromConfig = (loaded.config.outputs ?? []).map((output) => configured(output, loaded));
  const outputs = flags.format ?? fromConfig;
  const loose = outputs.filter((output) => output.file === null);
  if (loose.length > 1)
    throw new UsageError(
      `${loose.map((output) => output.format).join(' and ')} would both go to standard output`,
      'give all but one of them a file: -f html -o audit.html -f json',
    );
  return outputs;
}

function narrowingOf(flags: AuditFlags, config: Config, file: string | null): Narrowing {
  return {
    ports: rangesOf(flags.port ?? config.port ?? [], file),
    namespaces: (flags.netns ?? config.netns ?? []).map(String),
    containers: flags.container ?? config.container ?? [],
    units: flags.unit ?? config.unit ?? [],
  };
}

/**
 * Everything a run needs to know, from its flags and earshot.yaml.
 * @throws UsageError for what is wrong in either.
 */
export async function settingsOf(flags: AuditFlags, io: Io): Promise<Settings> {
  const loaded: LoadedConfig =
    flags.config === false
      ? { config: {}, file: null, text: '' }
      : await loadConfig(io.cwd, flags.config ?? io.env['EARSHOT_CONFIG'] ?? null, io);
  const { config } = loaded;
  const path = (flag: string | undefined, key: string | undefined): string | null =>
    flag !== undefined ? resolve(io.cwd, flag) : key !== undefined ? pathFrom(loaded, key) : null;
  const narrowing = narrowingOf(flags, config, loaded.file);
  const mode = flags.mode ?? config.mode;
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode))
    throw new UsageError(`${loaded.file}: mode "${mode}" is no octal number`, 'write it in quotes, such as "0640"');
  return {
    loaded,
    outputs: outputsOf(flags, loaded),
    gate: {
      failOn: (flags.failOn ?? config['fail-on'] ?? 'high') as Severity | 'none',
      failOnKnown: flags.failOnKnown ?? config['fail-on-known'] ?? false,
      minSeverity: (flags.minSeverity ?? config['min-severity'] ?? 'info') as Severity,
      requireComplete: flags.requireComplete ?? config['require-complete'] ?? false,
      narrowed: describe(narrowing),
    },
    narrowing,
    timeoutMs: (flags.timeout ?? config.timeout ?? 60) * 1000,
    backend: flags.backend ?? config.backend ?? 'auto',
    owners: flags.owners ?? config.owners ?? 'auto',
    identity: flags.identity === false ? false : (config.identity ?? true),
    probe: flags.probe ?? config.probe ?? false,
    rules: [...(config.rules ?? []).map((rule) => pathFrom(loaded, rule)), ...(flags.rules ?? [])],
    builtin: flags.builtin === false ? false : (config.builtin ?? true),
    baseline: path(flags.baseline, config.baseline),
    compareTo: path(flags.compareTo, config['compare-to']),
    state: flags.state === true ? defaultStateFolder(io) : path(flags.state, config.state),
    quietIfUnchanged: flags.quietIfUnchanged ?? config['quiet-if-unchanged'] ?? false,
    quiet: flags.quiet ?? false,
    mode: mode === undefined ? null : Number.parseInt(mode, 8),
    layers: flags.layers ?? false,
  };
}
