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
