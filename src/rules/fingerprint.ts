import { createHash } from 'node:crypto';

/** Names a finding across runs: no host name, pid, severity, exposure or version is in it. 32 hex digits. */
export function fingerprintOf(ruleId: string, key: readonly (string | number | null)[]): string {
  return createHash('sha256')
    .update(JSON.stringify([ruleId, ...key]))
    .digest('hex')
    .slice(0, 32);
}
