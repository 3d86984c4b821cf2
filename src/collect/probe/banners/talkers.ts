import type { Banner } from '../said.js';
import { fact } from '../said.js';

/** Services that say what they have to say to whoever connects (RFC 864, 865, 867, 868 and their kin). */
const TALKERS: ReadonlySet<string> = new Set(['chargen', 'qotd', 'daytime', 'time', 'systat', 'netstat']);

/** What they say has no form of its own: identity knows them, and that they speak is the confirmation. */
export const talkers: Banner = {
  name: 'talk',
  read: (heard, service) =>
    service !== null && TALKERS.has(service) && heard.length > 0
      ? { service, facts: { authentication: 'none' } }
      : null,
};

/** `# munin node at NAME`. */
export const munin: Banner = {
  name: 'munin-banner',
  read(heard) {
    const [, name] = /^# munin node at (\S+)/.exec(heard.toString('latin1', 0, 300)) ?? [];
    return name === undefined ? null : { service: 'munin', facts: { 'munin.node': fact(name) } };
  },
};
