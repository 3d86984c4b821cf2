import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, redactArguments } from '../../src/collect/owners/redact.js';

const R = REDACTED;
const words = (line: string): readonly string[] => line.split(' ');

/** Text that no example's other words contain, with everything a password may have in it. */
const secret = fc
  .tuple(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }), fc.integer({ min: 0, max: 999_999 }))
  .map(([text, number]) => `Zq${text}${number}qZ`);
/** … without blanks and quotes, for places where those would end it. */
const plainSecret = secret.map((text) => text.replace(/[\s"'\\]/g, '_'));
const forShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const never = (place: (text: string) => readonly string[], of: fc.Arbitrary<string> = secret): void => {
  fc.assert(
    fc.property(of, (text) => {
      const out = redactArguments(place(text)).join('\n');
      expect(out).not.toContain(text);
    }),
    { numRuns: 300 },
  );
};

describe('a secret is in no output', () => {
  const names = [
    '--password',
    '--db-password',
    '--dbPassword',
    '-passwd',
    '--token',
    '--api-key',
    '--apiKey',
    '--auth-token',
    '--requirepass',
    '--client-secret',
    '--rc-pass',
    '--aws-secret-access-key',
    '--vault.token',
    '--rpc-secret',
  ];
  it.each(names)('%s VALUE and %s=VALUE', (name) => {
    never((text) => ['server', '-v', name, text, '--port', '80']);
    never((text) => ['server', `${name}=${text}`, 'x']);
  });
  const variables = [
    'PASSWORD',
    'MYSQL_ROOT_PASSWORD',
    'PGPASSWORD',
    'REDISCLI_AUTH_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'db_pass',
    'spring.datasource.password',
    'MYSQL_PWD',
  ];
  it.each(variables)('%s=VALUE as an argument, after env, behind -e and -D', (name) => {
    never((text) => ['env', `${name}=${text}`, 'server']);
    never((text) => ['docker', 'run', '-e', `${name}=${text}`, 'image']);
    never((text) => ['java', `-D${name}=${text}`, '-jar', 'x.jar']);
  });
  it.each([
    [['sshpass', '-p'], []],
    [['redis-cli', '-a'], ['ping']],
    [['ldapsearch', '-x', '-D', 'cn=admin', '-w'], []],
    [
      ['mosquitto_sub', '-u', 'me', '-P'],
      ['-t', 'x'],
    ],
    [['/usr/bin/snmpwalk', '-v3', '-A'], ['host']],
    [['openssl', 'enc', '-k'], []],
    [['docker', 'login', '-u', 'me', '-p'], ['registry']],
    [['vault', 'login'], []],
    [['sudo', 'plink', '-pw'], ['host']],
    [['ttyd', '-p', '7681', '--auth-header-secret'], ['bash']],
  ] as const)('%j SECRET: an option of that program', (before, after) => {
    never((text) => [...before, text, ...after]);
  });
  it.each(['mysql -p', 'mysqldump -p', 'mariadb -uroot -p', '7z x -p', 'sshpass -p', 'zip -P', 'sqlcmd -P'])(
    '%sSECRET, run together',
    (start) => {
      never((text) => [...words(start).slice(0, -1), `${words(start).at(-1)}${text}`, 'x']);
    },
  );
  it('the second half of user:secret', () => {
    never((text) => ['curl', '-u', `me:${text}`, 'https://example.org']);
    never((text) => ['curl', `--user=me:${text}`, 'https://example.org']);
    never((text) => ['smbclient', '-U', `me%${text}`, '//host/share']);
    never((text) => ['ttyd', '-c', `me:${text}`, 'bash']);
  });
  it('user and secret in a URL, wherever it stands', () => {
    never((text) => ['app', `redis://:${text}@db:6379/0`], plainSecret);
    never((text) => ['app', `--url=postgres://me:${text}@db/x?sslmode=off`], plainSecret);
    never((text) => ['git', 'clone', `https://me:${text}@example.org/x.git`], plainSecret);
    never((text) => ['sh', '-c', `wget "ftp://me:${text}@example.org/x" -O y`], plainSecret);
    never((text) => ['app', `https://example.org/?a=1&access_token=${text}&b=2`], plainSecret);
  });
  it('behind an option that took no value after all', () => {
    never((text) => ['app', '--token', '--password', text]);
    never((text) => ['sshpass', '--verbose-token', '-p', text]);
  });
  it('headers', () => {
    never((text) => ['curl', '-H', `Authorization: Basic ${text}`, 'https://example.org']);
    never((text) => ['curl', '-H', `X-Api-Key: ${text}`, 'https://example.org']);
    never((text) => ['curl', `--header=Cookie: ${text}`, 'https://example.org']);
  });
  it('in JSON and key: value texts', () => {
    never((text) => ['app', JSON.stringify({ user: 'me', password: text, port: 1 })]);
    never((text) => ['app', `user: me, password: ${text}`]);
  });
  it('in a command inside an argument, however it is quoted', () => {
    never((text) => ['sh', '-c', `mysql -p${forShell(text)} db`]);
    never((text) => ['sh', '-c', `exec sshpass -p ${forShell(text)} ssh host`]);
    never((text) => ['sh', '-c', `PGPASSWORD=${forShell(text)} psql`]);
    never((text) => ['sh', '-c', `cd /x && server --token ${forShell(text)} --port 80`]);
    never((text) => ['sh', '-c', `server --token "${text.replace(/["\\$`]/g, '\\$&')}" --port 80`]);
    never((text) => ['su', '-c', `sh -c ${forShell(`server --password ${forShell(text)}`)}`]);
  });
  it('in an argument that is longer than anybody looks at', () => {
    never((text) => ['app', `${'x '.repeat(5000)} --password=${text}`], plainSecret);
  });
  it('tokens known by their shape, without any name', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9]{30,40}$/);
    never((text) => ['app', `ghp_${text}`], token);
    never((text) => ['app', 'run', `glpat-${text}`], token);
    never((text) => ['app', `xoxb-${text}`], token);
    never((text) => ['app', `eyJ${text}.eyJ${text}.${text}`], token);
  });
});

describe('what is no secret stays, because identity needs it', () => {
  it.each([
    '/usr/sbin/sshd -D -o Port=2222',
    'nginx: master process /usr/sbin/nginx -g daemon on; master_process on;',
    '/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80',
    '/usr/bin/containerd-shim-runc-v2 -namespace moby -id 5f0b2d1c4e6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e -address /run/containerd/containerd.sock',
    'java -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005 -cp /opt/App1/lib/Core-1.2.jar:/opt/App1/lib/Net-3.4.jar com.example.Main',
    'node --inspect=0.0.0.0:9229 server.js',
    'sshd: root [priv]',
    'postgres: writer process',
    'ssh -N -R 8080:localhost:80 me@example.org -p 2222',
    '/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main -c config_file=/etc/postgresql/15/main/postgresql.conf',
    'etcd --key-file=/etc/ssl/etcd.key --cert-file=/etc/ssl/etcd.crt --listen-client-urls http://0.0.0.0:2379',
    'mysqld --port=3306 --user=mysql --password-file /run/secrets/db',
    'docker run -p 8080:80 --user 1000:1000 nginx',
    'uvicorn app:main --host 0.0.0.0 --port 8000',
    'vllm serve --max-tokens 4096 --tokenizer /models/x',
    'redis-server *:6379',
    'kube-apiserver --service-account-key-file=/etc/kubernetes/pki/sa.pub --secure-port=6443 --authorization-mode=Node,RBAC',
    'python3 -m http.server 8000 --bind ::',
    'socat TCP-LISTEN:2323,fork,reuseaddr EXEC:/bin/login,pty',
    '/lib/systemd/systemd --user',
    'squid -f /etc/squid/squid.conf -N',
    'curl http://127.0.0.1:8080/x?page=2',
  ])('%s', (line) => {
    expect(redactArguments(words(line))).toEqual(words(line));
  });

  it('keeps the name of the option, the user and the host', () => {
    expect(redactArguments(['x', '--password=a', 'redis://me:b@db:6379/0', '-e', 'TOKEN=c'])).toEqual([
      'x',
      `--password=${R}`,
      `redis://me:${R}@db:6379/0`,
      '-e',
      `TOKEN=${R}`,
    ]);
  });

  it.each(['a', 'a-', 'eyJ-', 'a:', '"', "'", '\\', 'a=', 'password ', 'x://', '://a:b', '$1$', ' '])(
    'is not slow on a megabyte of %j',
    (piece) => {
      expect(redactArguments([piece.repeat(1_000_000 / piece.length)])).toHaveLength(1);
    },
  );

  it('gives back as many arguments as went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 8 }), (args) => {
        expect(redactArguments(args)).toHaveLength(args.length);
      }),
    );
  });
});
