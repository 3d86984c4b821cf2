import { serviceNamed, servicesAt } from '../lib/services.js';
import { type Service, UNKNOWN_SERVICE } from '../model/service.js';
import { agree } from './agree.js';
import type { Basis, Claim, Subject } from './claim.js';

/** Most trusted first. */
const ORDER: readonly Basis[] = [
  'activation',
  'relay',
  'registration',
  'script',
  'program',
  'kernel',
  'handshake',
  'setting',
  'port',
];

/** Words for a basis in `X says A, Y says B`. */
const SAYS: Readonly<Record<Basis, string>> = {
  activation: 'activation',
  relay: 'relay',
  registration: 'rpcbind',
  script: 'script',
  program: 'process',
  kernel: 'kernel',
  handshake: 'handshake',
  setting: 'configuration',
  port: 'port',
};

/** What was heard beats what could lie, and not what is sure. */
function weight(claim: Claim): number {
  const basis = ORDER.indexOf(claim.by);
  if (claim.confidence === 'port-only') return 200 + basis;
  if (claim.by === 'handshake') return 50;
  // What a configuration or an option says of this very port, above what the program usually is.
  if (claim.by === 'setting' && claim.service !== null && claim.confidence === 'certain')
    return ORDER.indexOf('registration');
  return (claim.confidence === 'certain' ? 0 : 100) + basis;
}

/** Whether a claim can be right where another service was found: the names agree, or its program speaks that one too. */
const fits = (claim: Claim, service: string): boolean =>
  (claim.service !== null && agree(claim.service, service)) || claim.couldBe?.includes(service) === true;

/** `port says telnet, process says nginx`; null where all that speak agree. */
function disagreementOf(best: Claim, claims: readonly Claim[], subject: Subject): string | null {
  if (best.service === null) return null;
  const said = `${SAYS[best.by]} says ${best.product !== undefined && best.product !== null ? best.product : best.service}`;
  const others: string[] = [];
  for (const claim of claims) {
    if (
      claim === best ||
      claim.service === null ||
      claim.by === 'port' ||
      claim.service === 'tcp-relay' ||
      // An address of its own among its arguments says something only where nobody knows the program.
      (claim.by === 'setting' && claim.confidence === 'likely') ||
      (best.by === 'relay' && (claim.by === 'program' || claim.by === 'script')) ||
      fits(claim, best.service)
    )
      continue;
    others.push(`${SAYS[claim.by]} says ${claim.service}`);
  }
  const { port, protocol } = subject.group;
  const usual = port === null ? [] : servicesAt(protocol, port, true);
  const first = usual[0];
  if (first !== undefined && best.by !== 'port' && !usual.some((entry) => agree(entry.name, best.service ?? '')))
    others.unshift(`port says ${first.name}`);
  return others.length === 0 ? null : [...others, said].join(', ');
}

/** Of two names that agree, the one that says more. */
function moreTelling(a: string, b: string): string {
  if (a === b) return a;
  return a === 'http' || a === 'https' ? (b === 'http' ? a : b) : a;
}

const firstOf = <K extends 'product' | 'version' | 'authentication' | 'encryption'>(
  claims: readonly Claim[],
  key: K,
): NonNullable<Claim[K]> | null => {
  for (const claim of claims) {
    const value = claim[key];
    if (value !== undefined && value !== null) return value;
  }
  return null;
};

/** Version of a product, from the claims that speak of it: the virtual machine that runs RabbitMQ has another. */
function versionOf(claims: readonly Claim[], product: string | null): string | null {
  const isIt = (name: string | null | undefined): boolean => {
    const [a, b] = [(name ?? '').toLowerCase(), (product ?? '').toLowerCase()];
    return a.includes(b) || b.includes(a);
  };
  return firstOf(
    claims.filter((claim) => isIt(claim.product)),
    'version',
  );
}

const isHeard = ({ by }: Claim): boolean => by === 'handshake';

/** The service that the claims of all recognisers make together: the most trusted one's, with what agreeing ones add and disagreeing ones say. */
export function weigh(subject: Subject, claims: readonly Claim[]): Service {
  const isPort = ({ by }: Claim): boolean => by === 'port';
  const isDoubted = claims.some((claim) => claim.doubtsPort === true);
  const trusted =
    isDoubted || claims.some((claim) => claim.excludesPort === true)
      ? claims.filter((claim) => !isPort(claim))
      : claims;
  const ordered = [...trusted].sort((a, b) => weight(a) - weight(b));
  const best = ordered.find((claim) => claim.service !== null);
  if (best === undefined || best.service === null) {
    const first = ordered[0];
    if (first === undefined) return UNKNOWN_SERVICE;
    return {
      ...UNKNOWN_SERVICE,
      product: firstOf(ordered, 'product'),
      version: firstOf(ordered, 'version'),
      evidence: (isDoubted ? [...ordered, ...claims.filter(isPort)] : ordered).flatMap((claim) => claim.evidence),
      relayTo: first.relayTo ? { ...first.relayTo, listener: null } : null,
      facts: Object.assign({}, ...ordered.map((claim) => claim.facts ?? {})),
    };
  }
  const bestName = best.service;
  const agreeing = ordered.filter(
    (claim) => claim === best || (claim.service === null ? claim.excludesPort === undefined : fits(claim, bestName)),
  );
  const spoken = agreeing.filter((claim) => claim.by !== 'port' || best.by === 'port');
  let name = best.service;
  for (const claim of spoken)
    if (claim.service !== null && agree(claim.service, bestName)) name = moreTelling(name, claim.service);
  // A program that is known not to be what the port says is no product of that service.
  const product = best.by === 'port' ? null : firstOf(spoken, 'product');
  const relay = ordered.find((claim) => claim.relayTo)?.relayTo ?? null;
  return {
    name,
    product,
    version: best.by === 'port' ? null : versionOf(spoken, product),
    ...(best.package === undefined ? {} : { package: best.package }),
    confidence: best.confidence,
    evidence: spoken.flatMap((claim) =>
      claim === best && claim.doubt !== undefined ? [...claim.evidence, claim.doubt] : claim.evidence,
    ),
    disagreement: disagreementOf(best, ordered, subject),
    relayTo: relay === null ? null : { ...relay, listener: null },
    // What was seen of a login is above what a file or an option says of it.
    authentication: firstOf([...spoken.filter(isHeard), ...spoken], 'authentication'),
    encryption: firstOf(spoken, 'encryption') ?? serviceNamed(name)?.encryption ?? null,
    facts: Object.assign({}, ...[...spoken].reverse().map((claim) => claim.facts ?? {})),
  };
}
