import type { Root } from './root.js';

/** Bytes of `systemctl show` that are read. */
const SHOWN_BYTES_MAX = 4 * 1024 * 1024;

/** Socket units that the host's systemd has loaded, by name, and whether it holds them right now; null: it could not be asked. */
export async function askActive(root: Root): Promise<ReadonlyMap<string, boolean> | null> {
  const ran = await root.host.run('systemctl', ['show', '--property=Id,ActiveState', '--no-pager', '*.socket'], {
    timeoutMs: 5_000,
    bytesMax: SHOWN_BYTES_MAX,
  });
  if (!ran.ok || ran.value.status !== 0) return null;
  const active = new Map<string, boolean>();
  for (const block of ran.value.stdout.split('\n\n')) {
    const id = /^Id=(.+)$/m.exec(block)?.[1];
    const state = /^ActiveState=(.+)$/m.exec(block)?.[1];
    if (id !== undefined && state !== undefined) active.set(id, state === 'active');
  }
  return active;
}
