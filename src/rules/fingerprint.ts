import { sha256 } from '../lib/sha256.js';

/** Names a finding across runs: no host name, pid, severity, exposure or version is in it. 32 hex digits. */
export function fingerprintOf(ruleId: string, key: readonly (string | number | null)[]): string {
  return sha256(JSON.stringify([ruleId, ...key]), 4);
}
