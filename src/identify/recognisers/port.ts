import { servicesAt } from '../../lib/services.js';
import type { Recogniser } from '../claim.js';

/** The number alone: said as such, and only where it stands for one service before all others. */
export const byPort: Recogniser = ({ group }) => {
  const { port, protocol } = group;
  if (port === null || group.sockets[0]?.cut === 'port') return null;
  const [first, ...others] = servicesAt(protocol, port, true);
  if (first === undefined) return null;
  const also = others.length === 0 ? '' : ` (also of ${others.map((entry) => entry.name).join(', ')})`;
  return {
    by: 'port',
    service: first.name,
    confidence: 'port-only',
    evidence: [`${protocol} port ${port} is the usual port of ${first.name}${also}; nothing else says so`],
  };
};
