import { loadConfig, pathFrom } from '../../config/config.js';
import { openPack } from '../../config/packs.js';
import type { RuleRequest } from '../../rules/rules.js';
import type { Io } from '../io.js';

/** Flags that say where rules come from. */
export interface RuleFlags {
  readonly rules?: readonly string[];
  readonly builtin?: boolean;
  readonly config?: string | false;
}

/** The rules that an audit with these flags would use, and `paths` beside them. */
export async function requestOf(flags: RuleFlags, paths: readonly string[], io: Io): Promise<RuleRequest> {
  const loaded =
    flags.config === false ? null : await loadConfig(io.cwd, flags.config ?? io.env['EARSHOT_CONFIG'] ?? null, io);
  const named = (loaded?.config.rules ?? []).map((path) => (loaded === null ? path : pathFrom(loaded, path)));
  return {
    builtin: flags.builtin === false ? false : (loaded?.config.builtin ?? true),
    paths: [...named, ...(flags.rules ?? []), ...paths],
    config: loaded === null || loaded.file === null ? null : { file: loaded.file, text: loaded.text },
    cwd: io.cwd,
    open: openPack,
  };
}
