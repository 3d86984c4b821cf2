import { lookupService } from 'node:dns';

/** getnameinfo(3) runs in Node's four threads; more at a time would only wait in its queue. */
const AT_ONCE = 4;
/** net-tools waits for each name as long as the resolver does; together we wait no longer than this, and the rest stay numbers. */
const WAIT_MS = 30_000;

const nameOf = (address: string): Promise<string | null> =>
  new Promise((resolve) => {
    lookupService(address, 0, (error, host) => resolve(error === null ? host : null));
  });

/** Names of addresses by this host's resolver (/etc/hosts, DNS, whatever nsswitch.conf says). `late`: how many were not asked in time. */
export async function resolveHosts(
  addresses: ReadonlySet<string>,
): Promise<{ readonly hosts: Readonly<Record<string, string>>; readonly late: number }> {
  const hosts: Record<string, string> = {};
  const waiting = [...addresses];
  const end = performance.now() + WAIT_MS;
  const work = async (): Promise<void> => {
    while (performance.now() < end) {
      const address = waiting.pop();
      if (address === undefined) return;
      const name = await nameOf(address);
      if (name !== null) hosts[address] = name;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { hosts, late: waiting.length };
}
