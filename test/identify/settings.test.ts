import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostAt } from '../../src/collect/host.js';
import { readSoftware } from '../../src/collect/software/software.js';
import { identify } from '../../src/identify/identify.js';
import type { Process } from '../../src/model/process.js';
import { aProcess, aSnapshot, aSocket } from './builders.js';

/** What is said of one port of a process, with these files on the host: the service, where it is passed on to, the line that says so, and the facts. */
async function said(
  port: number,
  command: string,
  files: Readonly<Record<string, string>>,
  more: Partial<Process> = {},
): Promise<{ service: string | null; to: string | null; evidence: string; facts: Readonly<Record<string, string>> }> {
  const tree = mkdtempSync(join(tmpdir(), 'earshot-settings-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const [exe = '', ...args] = command.split(' ');
  const process = aProcess(5, exe, [exe, ...args], { cwd: '/srv', ...more });
  const sockets = [aSocket(`tcp 198.51.100.7:${port}`, { holders: [5] })];
  const { value: software } = await readSoftware(
    hostAt(tree),
    { sockets, processes: [process], namespaces: [] },
    { identity: true },
  );
  rmSync(tree, { recursive: true });
  const [listener] = identify(aSnapshot({ sockets, processes: [process], software }));
  const { name = null, relayTo = null, evidence = [], facts = {} } = listener?.service ?? {};
  return { service: name, to: relayTo && `${relayTo.address}:${relayTo.port}`, evidence: evidence.join('; '), facts };
}

describe('configurations in several files', () => {
  const stream =
    'stream {\n  upstream u { server 192.0.2.1:6379; }\n  include st/*.conf; server { listen 7002; proxy_pass u; }\n}\n';
  const nginx = {
    '/etc/nginx/nginx.conf': stream,
    '/etc/nginx/st/a.conf':
      '\nserver { listen 7001; proxy_pass 192.0.2.2:22; }\nserver { listen 7003; proxy_pass $there; }\n',
  };

  it('are read where they are included, so that a stream of nginx stays one, and evidence names the file and line', async () => {
    expect(await said(7001, '/usr/sbin/nginx', nginx)).toMatchObject({
      service: 'tcp-relay',
      to: '192.0.2.2:22',
      evidence: expect.stringContaining('/etc/nginx/st/a.conf:2'),
    });
    expect(await said(7002, '/usr/sbin/nginx', nginx)).toMatchObject({
      to: '192.0.2.1:6379',
      evidence: expect.stringContaining('/etc/nginx/nginx.conf:3'),
    });
    expect(await said(7003, '/usr/sbin/nginx', nginx)).toMatchObject({ service: 'tcp-relay', to: null });
  });

  it('count in the order of OpenSSH: a drop-in included at the top comes first, and its Match ends with it', async () => {
    const { facts } = await said(22, '/usr/sbin/sshd -D', {
      '/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication no\nPermitRootLogin yes\n',
      '/etc/ssh/sshd_config.d/50-cloud.conf': 'PasswordAuthentication yes\nMatch User x\n  PermitRootLogin no\n',
    });
    expect(facts).toMatchObject({ 'ssh.password-authentication': 'yes', 'ssh.permit-root-login': 'yes' });
  });

  it('are all read where haproxy is told a folder or several files', async () => {
    const files = {
      '/srv/h/1.cfg': 'defaults\n mode tcp\n',
      '/srv/h/2.cfg': 'frontend f\n bind $HERE:7005\n use_backend b if TRUE\nbackend b\n server s 192.0.2.1:25\n',
    };
    for (const command of ['/usr/sbin/haproxy -db -f h', '/usr/sbin/haproxy -f h/1.cfg -f h/2.cfg'])
      expect(await said(7005, command, files)).toMatchObject({
        service: 'tcp-relay',
        to: '192.0.2.1:25',
        evidence: expect.stringContaining('/srv/h/2.cfg:2'),
      });
  });

  it('open every port of a range and of a list', async () => {
    const text = 'listen x\n mode tcp\n bind :7050-7052,127.0.0.1:7054 accept-proxy\n server s 192.0.2.1:25\n';
    for (const port of [7050, 7052, 7054])
      expect((await said(port, '/usr/sbin/haproxy', { '/etc/haproxy/haproxy.cfg': text })).to).toBe('192.0.2.1:25');
  });

  it('end where they include themselves', async () => {
    expect(
      await said(53, '/usr/sbin/unbound', { '/etc/unbound/unbound.conf': 'include: "/etc/unbound/*.conf"\n' }),
    ).toMatchObject({ service: 'dns' });
  });
});

describe('configurations of the ports of one program', () => {
  const etcd =
    'listen-client-urls: http://198.51.100.7:7011\nlisten-peer-urls: "http://127.0.0.1:1,http://198.51.100.7:7012/"\n';
  it.each([
    [
      'telnet',
      7016,
      '/usr/bin/stunnel4 s.conf',
      '[x]\naccept = 7016\nexec = /usr/sbin/telnetd\nexecArgs = telnetd -h\n',
      's.conf',
    ],
    ['etcd-peer', 7012, '/usr/bin/etcd --config-file e.yml', etcd, 'e.yml'],
    ['graphite', 7013, '/usr/bin/influxd -config i.conf', '[[graphite]]\n bind-address = "[::]:7013"\n', 'i.conf'],
    [
      'influxdb-rpc',
      7014,
      '/usr/bin/influxd -config i.conf',
      'bind-address = ":7014"\n[http]\nbind-address = ":1"\n',
      'i.conf',
    ],
    ['caddy-admin', 7015, '/usr/bin/caddy run --config C', '{\n admin :7015\n}\n', 'C'],
    ['caddy-admin', 7015, '/usr/bin/caddy run --config c.json', '{"admin": {"listen": "0.0.0.0:7015"}}', 'c.json'],
    ['aria2-rpc', 7017, '/usr/bin/aria2c --conf-path=a.conf', 'enable-rpc=true\nrpc-listen-port=7017\n', 'a.conf'],
    ['agentx', 7018, '/usr/sbin/snmpd -c s.conf', 'rocommunity x\nagentXSocket tcp:198.51.100.7:7018\n', 's.conf'],
    ['socks', 7019, '/usr/bin/ssh -N -F c box', 'Host box\n DynamicForward 198.51.100.7:7019\n', 'c'],
    ['tcp-relay', 7020, '/usr/bin/ssh -N -F c box', 'Host box\n LocalForward 7020 127.0.0.1:80\n', 'c'],
  ])('say %s of %i: %s', async (service, port, command, text, file) => {
    expect((await said(port, command, { [`/srv/${file}`]: text })).service).toBe(service);
  });

  const catalina = 'org.apache.catalina.startup.Bootstrap start';
  const server =
    '<Server port="7030" shutdown="SHUTDOWN">\n<!-- <Connector port="7031" protocol="AJP/1.3" /> -->\n<Connector port="7031"\n protocol="HTTP/1.1" />\n<Connector protocol="AJP/1.3" port="7032" />\n<Connector port="7033" SSLEnabled="true"/>';
  it.each([
    ['tomcat-shutdown', 7030],
    ['http', 7031],
    ['ajp', 7032],
    ['https', 7033],
  ])('say %s of %i of Tomcat', async (service, port) => {
    const command = `/usr/bin/java -Dcatalina.base=/srv/t -cp x.jar ${catalina}`;
    expect((await said(port, command, { '/srv/t/conf/server.xml': server })).service).toBe(service);
  });

  it('are those of what Java runs, not of the virtual machine', async () => {
    const zoo = '/usr/bin/java -cp /a.cfg org.apache.zookeeper.server.quorum.QuorumPeerMain /srv/zoo.cfg';
    const files = { '/srv/zoo.cfg': 'clientPort=7040\nadmin.serverPort=7041\nserver.1=a:7042:7043;7044\n' };
    const services = [7040, 7041, 7042, 7043, 7044].map(async (port) => (await said(port, zoo, files)).service);
    expect(await Promise.all(services)).toEqual([
      'zookeeper',
      'http',
      'zookeeper-quorum',
      'zookeeper-quorum',
      'zookeeper',
    ]);
    const elastic = '/usr/bin/java -Xmx1g -m org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch';
    const yml = { '/etc/elasticsearch/elasticsearch.yml': 'xpack.security.enabled: false\n' };
    expect((await said(9200, elastic, yml)).facts).toEqual({ 'elasticsearch.security': 'false' });
  });

  it('in an environment say nothing of another program', async () => {
    const environment = { ETCD_LISTEN_PEER_URLS: 'http://0.0.0.0:7012', RABBITMQ_NODE_PORT: '7012' };
    expect((await said(7012, '/usr/bin/memcached', {}, { environment })).service).toBe('memcached');
  });

  it('stand in the home of a user, too, or in the environment', async () => {
    const environment = { HOME: '/home/u', ETCD_LISTEN_PEER_URLS: 'http://0.0.0.0:7012' };
    const config = { '/home/u/.ssh/config': 'DynamicForward 7019\n' };
    expect((await said(7019, '/usr/bin/ssh -N box', config, { environment })).service).toBe('socks');
    expect((await said(7012, '/usr/bin/etcd', {}, { environment })).service).toBe('etcd-peer');
  });
});
