/** How one application that speaks HTTP says whether it lets strangers in. */
export interface HttpProduct {
  /** Names of the one list. */
  readonly services: readonly string[];
  readonly path: string;
  /** Body of a POST; absent: GET. */
  readonly post?: string;
  /** What a body of 200 holds when it answers as itself. */
  readonly body: RegExp;
  /** True: whoever is answered so has been let in. Absent: the path is open in any case. */
  readonly open?: true;
  readonly product?: string;
  /** The version in body or headers; its first group. */
  readonly version?: RegExp;
}

/** Paths that only read. To add an application: a line here. */
export const HTTP_PRODUCTS: readonly HttpProduct[] = [
  {
    services: ['docker', 'docker-tls', 'podman'],
    path: '/version',
    body: /"ApiVersion"/,
    open: true,
    version: /"Version":"([\w.+-]+)"/,
  },
  { services: ['kubelet', 'kubelet-readonly'], path: '/pods', body: /"kind":"PodList"/, open: true },
  {
    services: ['kubernetes-api', 'kubernetes-api-insecure'],
    path: '/version',
    body: /"gitVersion"/,
    version: /"gitVersion": ?"v?([\w.+-]+)"/,
  },
  // Counts one key, whose name is a NUL byte, and reads none.
  {
    services: ['etcd'],
    path: '/v3/kv/range',
    post: '{"key":"AA==","count_only":true}',
    body: /"header"/,
    open: true,
    product: 'etcd',
  },
  {
    services: ['elasticsearch'],
    path: '/',
    body: /"cluster_name"|"tagline"/,
    open: true,
    version: /"number" ?: ?"([\w.-]+)"/,
  },
  {
    services: ['jupyter'],
    path: '/api/contents?content=0',
    body: /"path"/,
    open: true,
    version: /TornadoServer\/([\d.]+)/i,
  },
  {
    services: ['prometheus'],
    path: '/api/v1/status/buildinfo',
    body: /"status":"success"/,
    open: true,
    product: 'Prometheus',
    version: /"version":"([\w.+-]+)"/,
  },
  {
    services: ['alertmanager'],
    path: '/api/v2/status',
    body: /"versionInfo"/,
    open: true,
    version: /"version":"([\w.+-]+)"/,
  },
  {
    services: ['node-inspector', 'chrome-devtools-protocol'],
    path: '/json/version',
    body: /"Protocol-Version"/,
    open: true,
    version: /"Browser": ?"[^"/]*\/v?([\w.+-]+)"/,
  },
  {
    services: ['ollama'],
    path: '/api/version',
    body: /"version"/,
    open: true,
    product: 'Ollama',
    version: /"version":"([\w.+-]+)"/,
  },
  {
    services: ['consul', 'consul-tls'],
    path: '/v1/agent/self',
    body: /"Config"/,
    open: true,
    version: /"Version":"([\w.+-]+)"/,
  },
  { services: ['nomad'], path: '/v1/agent/self', body: /"config"/i, open: true, version: /"Version":"([\w.+-]+)"/ },
  { services: ['couchdb'], path: '/_all_dbs?limit=1', body: /^\s*\[/, open: true, version: /CouchDB\/([\w.]+)/ },
  {
    services: ['influxdb'],
    path: '/query?q=SHOW%20DATABASES',
    body: /"results"/,
    open: true,
    product: 'InfluxDB',
    version: /x-influxdb-version: *v?([\w.+-]+)/i,
  },
  { services: ['grafana'], path: '/api/health', body: /"database"/, version: /"version": ?"([\w.+-]+)"/ },
  {
    services: ['solr'],
    path: '/solr/admin/info/system?wt=json',
    body: /"lucene"/,
    open: true,
    version: /"solr-spec-version":"([\w.]+)"/,
  },
  {
    services: ['jenkins'],
    path: '/api/json',
    body: /"_class"|"nodeDescription"/,
    open: true,
    version: /x-jenkins: *([\w.]+)/i,
  },
  { services: ['docker-registry'], path: '/v2/', body: /^\s*\{/, open: true },
  { services: ['qdrant'], path: '/collections', body: /"collections"/, open: true },
  {
    services: ['flink'],
    path: '/overview',
    body: /"flink-version"/,
    open: true,
    version: /"flink-version":"([\w.]+)"/,
  },
  {
    services: ['yarn'],
    path: '/ws/v1/cluster/info',
    body: /"clusterInfo"/,
    open: true,
    version: /"hadoopVersion":"([\w.]+)"/,
  },
  { services: ['ttyd'], path: '/token', body: /"token"/, open: true },
  {
    services: ['rabbitmq-management'],
    path: '/api/overview',
    body: /"rabbitmq_version"/,
    open: true,
    version: /"rabbitmq_version":"([\w.]+)"/,
  },
  { services: ['netdata'], path: '/api/v1/info', body: /"version"/, open: true, version: /"version": ?"v?([\w.-]+)"/ },
  {
    services: ['syncthing-gui'],
    path: '/rest/system/version',
    body: /"version"/,
    open: true,
    version: /"version": ?"v?([\w.-]+)"/,
  },
  // Supervisor's page of processes, with buttons that start and stop them.
  {
    services: ['supervisor'],
    path: '/',
    body: /<title>Supervisor Status<\/title>/,
    open: true,
    product: 'Supervisor',
    version: /Supervisor<\/a> <span>([\w.-]+)/,
  },
  {
    services: ['monit'],
    path: '/',
    body: /Monit[^<]{0,40}Service Manager|<title>Monit/i,
    open: true,
    product: 'Monit',
    version: /server: *monit ([\d.]+)/i,
  },
  {
    services: ['node-exporter'],
    path: '/',
    body: /Node Exporter/,
    open: true,
    product: 'node_exporter',
    version: /[Vv]ersion[=: (]+([\d.]+)/,
  },
  {
    services: ['prometheus-pushgateway'],
    path: '/api/v1/status',
    body: /"build_information"/,
    open: true,
    version: /"version":"([\w.+-]+)"/,
  },
  {
    services: ['vault'],
    path: '/v1/sys/seal-status',
    body: /"sealed"/,
    product: 'Vault',
    version: /"version":"([\w.+-]+)"/,
  },
  {
    services: ['portainer'],
    path: '/api/status',
    body: /"Version"/,
    product: 'Portainer',
    version: /"Version":"([\w.+-]+)"/,
  },
  {
    services: ['traefik'],
    path: '/api/version',
    body: /"Codename"/,
    open: true,
    product: 'Traefik',
    version: /"Version":"([\w.+-]+)"/,
  },
  { services: ['cadvisor'], path: '/api/v1.3/machine', body: /"num_cores"/, open: true, product: 'cAdvisor' },
  {
    services: ['clickhouse'],
    path: '/?query=SELECT%20version()',
    body: /^\s*\d+\.\d+\.\d+/,
    open: true,
    product: 'ClickHouse',
    version: /\n\n\s*([\d.]+)/,
  },
  { services: ['kibana'], path: '/api/status', body: /"number"/, open: true, version: /"number":"([\w.-]+)"/ },
  {
    services: ['loki'],
    path: '/loki/api/v1/status/buildinfo',
    body: /"version"/,
    open: true,
    version: /"version":"([\w.+-]+)"/,
  },
  { services: ['caddy-admin'], path: '/config/', body: /^\s*(?:null|\{)/, open: true, product: 'Caddy' },
  { services: ['gitea'], path: '/api/v1/version', body: /"version"/, version: /"version":"([\w.+-]+)"/ },
  { services: ['sonarqube'], path: '/api/server/version', body: /^\s*\d/, version: /\n\n\s*([\d.]+)/ },
  {
    services: ['tensorboard'],
    path: '/data/environment',
    body: /"data_location"|"window_title"/,
    open: true,
    version: /"version": ?"([\w.+-]+)"/,
  },
  { services: ['weaviate'], path: '/v1/meta', body: /"modules"/, open: true, version: /"version":"([\w.+-]+)"/ },
];

export const productFor = (service: string | null): HttpProduct | null =>
  service === null ? null : (HTTP_PRODUCTS.find(({ services }) => services.includes(service)) ?? null);
