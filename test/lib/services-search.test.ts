import { describe, expect, it, vi } from 'vitest';
import { allServices, type serviceNamed, type servicesAt } from '../../src/lib/services.js';

/** The list as a program finds it that has asked for nothing yet. */
async function fresh(): Promise<{ serviceNamed: typeof serviceNamed; servicesAt: typeof servicesAt }> {
  vi.resetModules();
  return import('../../src/lib/services.js');
}

/** The same list, its index made: all were asked for. */
async function indexed(): Promise<Awaited<ReturnType<typeof fresh>>> {
  const services = await import('../../src/lib/services.js');
  services.allServices();
  return services;
}

describe('services that are searched for without an index', () => {
  it('are those that the index has, for every name, alias and port of the list', async () => {
    const whole = await indexed();
    const words = allServices().flatMap(({ name, iana, aliases }) => [
      name,
      ...aliases,
      ...(iana === null ? [] : [iana]),
    ]);
    const ports = allServices().flatMap((entry) => entry.ports);
    let few = await fresh();
    for (const [at, word] of [...words, '', 'no-such', 'a', '\n', 'x|y', '5'].entries()) {
      if (at % 90 === 0) few = await fresh();
      expect(few.serviceNamed(word), word).toEqual(whole.serviceNamed(word));
    }
    const numbers = new Set(ports.flatMap(({ from, to }) => [from - 1, from, to, to + 1, Math.floor((from + to) / 2)]));
    for (const [at, number] of [...numbers].entries()) {
      if (at % 90 === 0) few = await fresh();
      for (const transport of ['tcp', 'udp', 'sctp', 'vsock', 'unix'])
        for (const sure of [false, true])
          expect(few.servicesAt(transport, number, sure), `${transport}/${number}`).toEqual(
            whole.servicesAt(transport, number, sure),
          );
    }
  });
});
