import { serviceNamed, servicesAt } from '../lib/services.js';
import type { Service } from '../model/service.js';
import { type Basis, type Claim, type Subject, UNKNOWN } from './claim.js';

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
  return (claim.confidence === 'certain' ? 0 : 100) + basis;
}

/** Services that are spoken inside another one, so that both names are right. */
const CARRIERS: readonly (readonly [string, string])[] = [
  ['http', 'https'],
  ['smtp', 'submission'],
  ['smtp', 'smtps'],
  ['imap', 'imaps'],
  ['pop3', 'pop3s'],
  ['ldap', 'ldaps'],
  ['ldap', 'cldap'],
  ['ftp', 'ftps'],
  ['telnet', 'telnets'],
  ['amqp', 'amqps'],
  ['mqtt', 'mqtts'],
  ['docker', 'docker-tls'],
  ['redis', 'redis-sentinel'],
];

/** Carried by HTTP: a handshake or a generic program says `http`, somebody else knows which application it is. */
const CARRIED_BY_HTTP = 'http https';

/** Whether two names can both be right. `http` agrees with whatever is known to speak it. */
export function agree(a: string, b: string): boolean {
  if (a === b) return true;
  if (CARRIERS.some(([plain, other]) => (plain === a && other === b) || (plain === b && other === a))) return true;
  return CARRIED_BY_HTTP.includes(a) ? speaksHttp(b) : CARRIED_BY_HTTP.includes(b) ? speaksHttp(a) : false;
}

const HTTP_APPLICATIONS: ReadonlySet<string> = new Set(
  (
    'http https http3 ipp docker docker-registry etcd grafana squid couchdb transmission weblogic neo4j consul consul-tls nomad vault solr influxdb clickhouse ' +
    'hadoop-namenode hadoop-datanode yarn spark livy flink storm jupyter node-inspector chrome-devtools-protocol elasticsearch kibana splunk loki jaeger zipkin ' +
    'otlp prometheus prometheus-pushgateway alertmanager node-exporter metrics netdata cockpit webmin jenkins gitlab gitea teamcity sonarqube nexus artifactory ' +
    'minio portainer rancher traefik haproxy-stats envoy-admin caddy-admin kubernetes-api kubernetes-api-insecure kubelet kubelet-readonly kubelet-healthz ' +
    'kube-proxy kube-scheduler kube-controller-manager kubernetes-dashboard cadvisor podman lxd proxmox seaweedfs mongodb-http arangodb riak victoriametrics ' +
    'milvus qdrant weaviate chroma meilisearch typesense kafka-connect schema-registry celery-flower mlflow tensorboard tensorflow-serving triton torchserve ' +
    'ollama vllm llama-server lm-studio open-webui gradio comfyui streamlit dask mcp n8n node-red home-assistant esphome plex jellyfin dlna icecast ' +
    'syncthing-gui bitcoin-rpc ethereum-rpc ipfs-api winrm wsdapi upnp-http tr-069 rabbitmq-management activemq-web ray-dashboard ray vnc-http ' +
    'websocket websocket-proxy ttyd code-server rstudio rails werkzeug pprof nginx-status puppet puppetdb rundeck awx ansible-tower guacamole cpanel hikvision'
  ).split(' '),
);

const speaksHttp = (name: string): boolean => HTTP_APPLICATIONS.has(name);

/** `port says telnet, process says nginx`; null where all that speak agree. */
function disagreementOf(best: Claim, claims: readonly Claim[], subject: Subject): string | null {
  if (best.service === null) return null;
  const said = `${SAYS[best.by]} says ${best.product !== undefined && best.product !== null ? best.product : best.service}`;
  const others: string[] = [];
  for (const claim of claims) {
    if (claim === best || claim.service === null || claim.by === 'port' || agree(claim.service, best.service)) continue;
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

/** The service that the claims of all recognisers make together: the most trusted one's, with what agreeing ones add and disagreeing ones say. */
export function weigh(subject: Subject, claims: readonly Claim[]): Service {
  const trusted = claims.some((claim) => claim.excludesPort === true)
    ? claims.filter((claim) => claim.by !== 'port')
    : claims;
  const ordered = [...trusted].sort((a, b) => weight(a) - weight(b));
  const best = ordered.find((claim) => claim.service !== null);
  if (best === undefined || best.service === null) {
    const first = ordered[0];
    if (first === undefined) return UNKNOWN;
    return {
      ...UNKNOWN,
      product: firstOf(ordered, 'product'),
      version: firstOf(ordered, 'version'),
      evidence: ordered.flatMap((claim) => claim.evidence),
      relayTo: first.relayTo ? { ...first.relayTo, listener: null } : null,
      facts: Object.assign({}, ...ordered.map((claim) => claim.facts ?? {})),
    };
  }
  const bestName = best.service;
  const agreeing = ordered.filter(
    (claim) => claim === best || claim.service === null || agree(claim.service, bestName),
  );
  const spoken = agreeing.filter((claim) => claim.by !== 'port' || best.by === 'port');
  let name = best.service;
  for (const claim of spoken) if (claim.service !== null) name = moreTelling(name, claim.service);
  const relay = ordered.find((claim) => claim.relayTo)?.relayTo ?? null;
  return {
    name,
    product: firstOf(spoken, 'product'),
    version: firstOf(spoken, 'version'),
    confidence: best.confidence,
    evidence: spoken.flatMap((claim) => claim.evidence),
    disagreement: disagreementOf(best, ordered, subject),
    relayTo: relay === null ? null : { ...relay, listener: null },
    authentication: firstOf(spoken, 'authentication'),
    encryption: firstOf(spoken, 'encryption') ?? serviceNamed(name)?.encryption ?? null,
    facts: Object.assign({}, ...[...spoken].reverse().map((claim) => claim.facts ?? {})),
  };
}
