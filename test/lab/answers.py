#!/usr/bin/env python3
"""Real daemons that are asked what they say themselves (`--probe`), with and without a password, access or encryption. Prints the truth.

  answers.py up NETNS [only NAME…]   starts what is installed; prints what is to be learnt of each
  answers.py down NETNS              ends what `up` started and removes the namespace
  answers.py packages                prints the packages to install

Truth is written by hand, beside each daemon: `authentication` (none, required, or null: not seen), `product`, `version` (true: some), and facts.
"""
import json, os, shutil, sys, time
from lab import DIR, UNPACKED, Instance, down, listening, sh, start, there, unpack

ALL = []
ENTRY = "198.51.100."


def asked(name, needs, packages, port, service, protocol="tcp", authentication=None, product=None, version=False, facts=None, never=(), alone=False, answers=True):
    def add(function):
        ALL.append(dict(name=name, needs=needs.split(), packages=packages.split(), port=port, service=service, protocol=protocol, authentication=authentication,
                        product=product, version=version, facts=facts or {}, never=list(never), alone=alone, answers=answers, start=function))
        return function
    return add


def certificate(i): i.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lab", "-keyout", f"{i.folder}/k", "-out", f"{i.folder}/c")


# Data.
@asked("redis-open", "redis-server", "redis-server", 6379, "redis", authentication="none", product="Redis", version=True)
def _(i): return ["redis-server", "--bind", i.address, "--port", str(i.port), "--protected-mode", "no", "--save", "", "--dir", i.folder]

@asked("redis-password", "redis-server", "redis-server", 16379, "redis", authentication="required")
def _(i): return ["redis-server", "--bind", i.address, "--port", str(i.port), "--requirepass", "x", "--save", "", "--dir", i.folder]

@asked("redis-user", "redis-server", "redis-server", 16380, "redis", authentication="required")
def _(i): return ["redis-server", "--bind", i.address, "--port", str(i.port), "--protected-mode", "no", "--user", "default", "off", "--save", "", "--dir", i.folder]

@asked("redis-tls", "redis-server openssl", "redis-server", 16381, "redis", authentication="none", facts={"encryption": "tls"})
def _(i): certificate(i); return ["redis-server", "--bind", i.address, "--port", "0", "--tls-port", str(i.port), "--tls-cert-file", f"{i.folder}/c", "--tls-key-file", f"{i.folder}/k", "--tls-auth-clients", "no", "--protected-mode", "no", "--save", "", "--dir", i.folder]

@asked("redis-sentinel", "redis-sentinel", "redis-sentinel", 26379, "redis-sentinel", authentication="none")
def _(i): return ["redis-sentinel", i.write("s.conf", f"port {i.port}\nbind {i.address}\nprotected-mode no\ndir {i.folder}\n")]

@asked("memcached-udp", "memcached", "memcached", 11211, "memcached", protocol="udp", authentication="none", product="memcached", version=True)
def _(i): return ["memcached", "-u", "nobody", "-l", i.address, "-p", "0", "-U", str(i.port)]

@asked("mqtt-password", "mosquitto mosquitto_passwd", "mosquitto", 1883, "mqtt", authentication="required", facts={"mqtt.connack": "5"})
def _(i):
    i.run("mosquitto_passwd", "-b", "-c", f"{i.folder}/p", "a", "b")
    return ["mosquitto", "-c", i.write("m.conf", f"listener {i.port} {i.address}\nallow_anonymous false\npassword_file {i.folder}/p\nuser root\n")]

@asked("mqtt-tls", "mosquitto openssl", "mosquitto", 8883, "mqtts", authentication="none", facts={"encryption": "tls"})
def _(i): certificate(i); return ["mosquitto", "-c", i.write("m.conf", f"listener {i.port} {i.address}\nallow_anonymous true\ncertfile {i.folder}/c\nkeyfile {i.folder}/k\nuser root\n")]

@asked("etcd-open", "etcd", "etcd-server", 2379, "etcd", authentication="none", product="etcd", version=True)
def _(i): return ["etcd", "--data-dir", f"{i.folder}/data", "--listen-client-urls", f"http://{i.address}:{i.port}", "--advertise-client-urls", f"http://{i.address}:{i.port}", "--listen-peer-urls", f"http://{i.address}:2380", "--initial-advertise-peer-urls", f"http://{i.address}:2380", "--initial-cluster", f"default=http://{i.address}:2380"]

@asked("etcd-users", "etcd etcdctl", "etcd-server etcd-client", 2379, "etcd", authentication="required", product="etcd")
def _(i):
    args = ["etcd", "--data-dir", f"{i.folder}/data", "--listen-client-urls", f"http://{i.address}:{i.port}", "--advertise-client-urls", f"http://{i.address}:{i.port}", "--listen-peer-urls", f"http://{i.address}:2380", "--initial-advertise-peer-urls", f"http://{i.address}:2380", "--initial-cluster", f"default=http://{i.address}:2380"]
    ctl = f"ETCDCTL_API=3 etcdctl --endpoints=http://{i.address}:{i.port}"
    return ["sh", "-c", f"(sleep 3; {ctl} user add root:x; {ctl} user grant-role root root; {ctl} auth enable) & exec {' '.join(args)}"]

@asked("postgres-password", "/usr/lib/postgresql/15/bin/postgres", "postgresql", 5432, "postgresql", authentication="required", product="PostgreSQL", facts={"postgresql.method": "scram-sha-256"})
def _(i):
    os.chmod(DIR, 0o755); shutil.chown(i.folder, "postgres", "postgres")
    i.run("runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/initdb", "-D", f"{i.folder}/data", "--auth-host=scram-sha-256", "--auth-local=trust")
    sh(f"printf 'host all all 0.0.0.0/0 scram-sha-256\\n' >>{i.folder}/data/pg_hba.conf")
    return ["runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/postgres", "-D", f"{i.folder}/data", "-h", i.address, "-p", str(i.port), "-k", i.folder]

@asked("postgres-trusts-loopback", "/usr/lib/postgresql/15/bin/postgres", "postgresql", 5433, "postgresql", authentication=None, product="PostgreSQL", alone=True)
def _(i):
    shutil.chown(i.folder, "postgres", "postgres")
    i.run("runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/initdb", "-D", f"{i.folder}/data", "-A", "trust")
    return ["runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/postgres", "-D", f"{i.folder}/data", "-h", "*", "-p", str(i.port), "-k", i.folder]

@asked("mariadb", "mariadbd", "mariadb-server", 3306, "mysql", product="MariaDB", version=True)
def _(i):
    i.run("mariadb-install-db", f"--datadir={i.folder}/data", "--auth-root-authentication-method=normal", "--skip-test-db")
    return ["mariadbd", "--no-defaults", "--user=root", f"--datadir={i.folder}/data", f"--bind-address={i.address}", f"--port={i.port}", f"--socket={i.folder}/s", f"--pid-file={i.folder}/pid"]

# Debuggers and interpreters.
def jvm(i, suspend):
    with open(f"{i.folder}/Wait.java", "w") as f: f.write("public class Wait { public static void main(String[] a) throws Exception { Thread.sleep(1000000000L); } }")
    return ["java", f"-agentlib:jdwp=transport=dt_socket,server=y,suspend={suspend},address={i.address}:{i.port}", "-Xshare:auto", f"{i.folder}/Wait.java"]

@asked("jdwp-runs", "java javac", "default-jdk-headless", 5005, "jdwp", authentication="none")
def _(i): return jvm(i, "n")

@asked("jdwp-stands-still", "java", "default-jre-headless", 15005, "jdwp", authentication="none", answers=False)
def _(i): return jvm(i, "y")

@asked("php-fpm", "php-fpm8.2", "php8.2-fpm", 9000, "fastcgi", authentication="none")
def _(i): return ["php-fpm8.2", "-F", "-y", i.write("f.conf", f"[global]\npid = {i.folder}/pid\nerror_log = {i.folder}/log\n[www]\nuser = nobody\ngroup = nogroup\nlisten = {i.address}:{i.port}\npm = static\npm.max_children = 1\n")]

@asked("php-fpm-allows-some", "php-fpm8.2", "php8.2-fpm", 19000, "fastcgi", authentication=None, answers=False)
def _(i): return ["php-fpm8.2", "-F", "-y", i.write("f.conf", f"[global]\npid = {i.folder}/pid\nerror_log = {i.folder}/log\n[www]\nuser = nobody\ngroup = nogroup\nlisten = {i.address}:{i.port}\nlisten.allowed_clients = 192.0.2.1\npm = static\npm.max_children = 1\n")]

@asked("jupyter-token", "jupyter-notebook", "jupyter-notebook", 8888, "jupyter", authentication="required")
def _(i): return ["/usr/bin/python3", "/usr/bin/jupyter-notebook", "--allow-root", "--no-browser", f"--ip={i.address}", f"--port={i.port}", f"--notebook-dir={i.folder}"]

@asked("jupyter-open", "jupyter-notebook", "jupyter-notebook", 18888, "jupyter", authentication="none", version=True)
def _(i): return ["/usr/bin/python3", "/usr/bin/jupyter-notebook", "--allow-root", "--no-browser", f"--ip={i.address}", f"--port={i.port}", f"--notebook-dir={i.folder}", "--NotebookApp.token=", "--NotebookApp.password="]

# Screens.
@asked("x11-open", "Xvfb", "xvfb", 6010, "x11", authentication="none", alone=True)
def _(i): return ["Xvfb", f":{i.port - 6000}", "-listen", "tcp", "-ac", "-noreset", "-screen", "0", "320x200x8", "-nolisten", "unix"]

@asked("x11-closed", "Xvfb", "xvfb", 6011, "x11", authentication="required", alone=True)
def _(i): return ["Xvfb", f":{i.port - 6000}", "-listen", "tcp", "-noreset", "-screen", "0", "320x200x8", "-nolisten", "unix"]

@asked("vnc-none", "Xtigervnc", "tigervnc-standalone-server", 5910, "vnc", authentication="none", facts={"vnc.security-types": "None"})
def _(i): return ["Xtigervnc", ":81", "-rfbport", str(i.port), "-SecurityTypes", "None", "-interface", i.address, "-geometry", "320x200", "-nolisten", "unix"]

@asked("vnc-password", "Xtigervnc vncpasswd", "tigervnc-standalone-server tigervnc-tools", 5911, "vnc", authentication="required", facts={"vnc.security-types": "VNC"})
def _(i):
    sh(f"printf 'secret1\\nsecret1\\nn\\n' | vncpasswd {i.folder}/pw")
    return ["Xtigervnc", ":82", "-rfbport", str(i.port), "-SecurityTypes", "VncAuth", "-PasswordFile", f"{i.folder}/pw", "-interface", i.address, "-geometry", "320x200", "-nolisten", "unix"]

@asked("vnc-vencrypt", "Xtigervnc vncpasswd", "tigervnc-standalone-server tigervnc-tools", 5912, "vnc", authentication="required", facts={"vnc.vencrypt": "TLSVnc 2"})
def _(i):
    sh(f"printf 'secret1\\nsecret1\\nn\\n' | vncpasswd {i.folder}/pw")
    return ["Xtigervnc", ":83", "-rfbport", str(i.port), "-SecurityTypes", "TLSVnc,VncAuth", "-PasswordFile", f"{i.folder}/pw", "-interface", i.address, "-geometry", "320x200", "-nolisten", "unix"]

@asked("vnc-tls-none", "Xtigervnc", "tigervnc-standalone-server", 5913, "vnc", authentication="none")
def _(i): return ["Xtigervnc", ":84", "-rfbport", str(i.port), "-SecurityTypes", "TLSNone", "-interface", i.address, "-geometry", "320x200", "-nolisten", "unix"]

@asked("vnc-tight", "Xtightvnc vncpasswd", "tightvncserver tigervnc-tools xfonts-base", 5914, "vnc", authentication="required", alone=True)
def _(i):
    sh(f"printf 'secret1\\nsecret1\\nn\\n' | vncpasswd {i.folder}/pw")
    return ["Xtightvnc", ":85", "-rfbport", str(i.port), "-rfbauth", f"{i.folder}/pw", "-geometry", "320x200"]

@asked("x11vnc", "x11vnc Xvfb", "x11vnc", 5915, "vnc", authentication="none")
def _(i): return ["sh", "-c", f"Xvfb :86 -screen 0 320x200x16 & sleep 2; exec x11vnc -display :86 -forever -nopw -listen {i.address} -rfbport {i.port}"]

@asked("rdp", "xrdp openssl", "xrdp", 3389, "rdp", facts={"rdp.security": "tls", "encryption": "tls"})
def _(i):
    certificate(i)
    return ["xrdp", "--nodaemon", "--config", i.write("xrdp.ini", f"[Globals]\nini_version=1\nfork=true\nport=tcp://{i.address}:{i.port}\nsecurity_layer=negotiate\ncrypt_level=high\ncertificate={i.folder}/c\nkey_file={i.folder}/k\nssl_protocols=TLSv1.2, TLSv1.3\n[Logging]\nLogFile={i.folder}/log\nLogLevel=INFO\n[Xorg]\nname=Xorg\nlib=libxup.so\n")]

@asked("rdp-cleartext", "xrdp", "xrdp", 13389, "rdp", facts={"rdp.security": "standard"})
def _(i): return ["xrdp", "--nodaemon", "--config", i.write("xrdp.ini", f"[Globals]\nini_version=1\nfork=true\nport=tcp://{i.address}:{i.port}\nsecurity_layer=rdp\ncrypt_level=low\n[Logging]\nLogFile={i.folder}/log\nLogLevel=INFO\n[Xorg]\nname=Xorg\nlib=libxup.so\n")]

# Time, names, management.
@asked("ntpsec", f"{DIR}/unpacked/ntpsec/usr/sbin/ntpd", "ntpsec", 123, "ntp", protocol="udp", alone=True, version=True, facts={"ntp.control": "answered"})
def _(i): return [f"{DIR}/unpacked/ntpsec/usr/sbin/ntpd", "-n", "-g", "-c", i.write("ntp.conf", "restrict default kod nomodify nopeer noquery limited\nrestrict 198.51.100.0 mask 255.255.255.0\nserver 192.0.2.1\n"), "-p", f"{i.folder}/pid"]

@asked("chrony", "chronyd", "chrony", 1123, "ntp", protocol="udp", facts={})
def _(i): return ["chronyd", "-d", "-x", "-f", i.write("c.conf", f"bindaddress {i.address}\nport {i.port}\nallow all\nlocal stratum 10\nbindcmdaddress /\ncmdport 0\npidfile {i.folder}/pid\nuser root\n")]

@asked("snmp-public", "snmpd", "snmpd", 161, "snmp", protocol="udp", authentication="none", facts={"snmp.community": "well-known"})
def _(i): return ["snmpd", "-f", "-Lo", "-C", "-c", i.write("snmpd.conf", "rocommunity public\n"), "-p", f"{i.folder}/pid", f"udp:{i.address}:{i.port}"]

@asked("snmp-secret", "snmpd", "snmpd", 1161, "snmp", protocol="udp", facts={"snmp.public": "not answered"})
def _(i): return ["snmpd", "-f", "-Lo", "-C", "-c", i.write("snmpd.conf", "rocommunity Gfh3v8\n"), "-p", f"{i.folder}/pid", f"udp:{i.address}:{i.port}"]

@asked("snmp-v3-only", "snmpd", "snmpd", 2161, "snmp", protocol="udp", authentication=None, facts={"snmp.v3": "yes"})
def _(i): return ["snmpd", "-f", "-Lo", "-C", "-c", i.write("snmpd.conf", "createUser a SHA password1 AES password2\nrouser a priv\n"), "-p", f"{i.folder}/pid", f"udp:{i.address}:{i.port}"]

@asked("bind-open", "named", "bind9", 53, "dns", protocol="udp", product="BIND", version=True, facts={"dns.recursion-here": "yes"})
def _(i): return ["named", "-f", "-u", "root", "-c", i.write("named.conf", f'options {{ directory "{i.folder}"; listen-on port {i.port} {{ {i.address}; }}; listen-on-v6 {{ none; }}; pid-file "{i.folder}/pid"; session-keyfile "{i.folder}/k"; managed-keys-directory "{i.folder}"; allow-recursion {{ any; }}; }};\ncontrols {{ }};\n')]

@asked("bind-closed", "named", "bind9", 1053, "dns", protocol="udp", product="BIND", facts={"dns.recursion": "no"})
def _(i): return ["named", "-f", "-u", "root", "-c", i.write("named.conf", f'options {{ directory "{i.folder}"; listen-on port {i.port} {{ {i.address}; }}; listen-on-v6 {{ none; }}; pid-file "{i.folder}/pid"; session-keyfile "{i.folder}/k"; managed-keys-directory "{i.folder}"; recursion no; }};\ncontrols {{ }};\n')]

@asked("unbound", "unbound", "unbound", 2053, "dns", protocol="udp", product="Unbound", version=True, facts={"dns.recursion-here": "yes"})
def _(i): return ["unbound", "-d", "-c", i.write("u.conf", f'server:\n interface: {i.address}\n port: {i.port}\n username: ""\n chroot: ""\n pidfile: "{i.folder}/pid"\n do-daemonize: no\n access-control: 0.0.0.0/0 allow\nremote-control:\n control-enable: no\n')]

@asked("unbound-refuses", "unbound", "unbound", 3053, "dns", protocol="udp", facts={"dns.recursion": "no"})
def _(i): return ["unbound", "-d", "-c", i.write("u.conf", f'server:\n interface: {i.address}\n port: {i.port}\n username: ""\n chroot: ""\n pidfile: "{i.folder}/pid"\n do-daemonize: no\n access-control: 0.0.0.0/0 refuse\nremote-control:\n control-enable: no\n')]

@asked("dnsmasq", "dnsmasq", "dnsmasq-base", 4053, "dns", protocol="udp", product="dnsmasq", version=True)
def _(i): return ["dnsmasq", "-k", "-C", "/dev/null", f"--listen-address={i.address}", "--bind-interfaces", "-p", str(i.port), "--no-resolv", f"--pid-file={i.folder}/pid", "-u", "root"]

@asked("ssdp", "gerbera", "gerbera", 1900, "ssdp", protocol="udp", alone=True, facts={"ssdp.server": "*"})
def _(i):
    i.run("sh", "-c", f"sed 's,<home>.*</home>,<home>{i.folder}</home>,; s,<udn/>,<udn>uuid:00000000-0000-4000-8000-000000000001</udn>,' /etc/gerbera/config.xml >{i.folder}/c.xml")
    return ["gerbera", "-i", f"{ENTRY}1", "-c", f"{i.folder}/c.xml"]

# Files and directories.
def samba(i, more): return ["smbd", "-F", "--no-process-group", "-s", i.write("smb.conf", f"[global]\ninterfaces = {i.address}/24\nbind interfaces only = yes\nsmb ports = {i.port}\nlock directory = {i.folder}\nstate directory = {i.folder}\ncache directory = {i.folder}\nprivate dir = {i.folder}\npid directory = {i.folder}\nncalrpc dir = {i.folder}/n\nlog file = {i.folder}/log\n{more}")]

@asked("smb", "smbd", "samba", 445, "smb", facts={"smb.v1": "no"})
def _(i): return samba(i, "")

@asked("smb-v1", "smbd", "samba", 1445, "smb", facts={"smb.v1": "yes", "smb.min-protocol": "NT1"})
def _(i): return samba(i, "server min protocol = NT1\n")

@asked("smb-signed", "smbd", "samba", 2445, "smb", facts={"smb.v1": "no", "smb.signing": "required"})
def _(i): return samba(i, "server signing = mandatory\n")

@asked("ldap-anonymous", "slapd", "slapd", 389, "ldap", facts={"ldap.root-dse": "readable"})
def _(i): return ["slapd", "-d", "0", "-f", i.write("slapd.conf", f"pidfile {i.folder}/pid\ndatabase monitor\n"), "-h", f"ldap://{i.address}:{i.port}/"]

@asked("ldap-open", "slapd slapadd", "slapd", 2389, "ldap", authentication="none", facts={"ldap.anonymous-search": "answered", "ldap.naming-contexts": "dc=lab"})
def _(i):
    os.makedirs(f"{i.folder}/db")
    conf = i.write("slapd.conf", f"include /etc/ldap/schema/core.schema\npidfile {i.folder}/pid\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix dc=lab\ndirectory {i.folder}/db\n")
    i.run("slapadd", "-f", conf, "-l", i.write("x.ldif", "dn: dc=lab\nobjectClass: dcObject\nobjectClass: organization\no: lab\ndc: lab\n"))
    return ["slapd", "-d", "0", "-f", conf, "-h", f"ldap://{i.address}:{i.port}/"]

@asked("ldap-wants-login", "slapd", "slapd", 1389, "ldap", authentication="required")
def _(i): return ["slapd", "-d", "0", "-f", i.write("slapd.conf", f"pidfile {i.folder}/pid\ndisallow bind_anon\nrequire authc\ndatabase monitor\n"), "-h", f"ldap://{i.address}:{i.port}/"]

@asked("ldaps", "slapd openssl", "slapd", 636, "ldaps", facts={"encryption": "tls", "ldap.root-dse": "readable"})
def _(i): certificate(i); return ["slapd", "-d", "0", "-f", i.write("slapd.conf", f"pidfile {i.folder}/pid\nTLSCertificateFile {i.folder}/c\nTLSCertificateKeyFile {i.folder}/k\ndatabase monitor\n"), "-h", f"ldaps://{i.address}:{i.port}/"]

@asked("rsync-open", "rsync", "rsync", 873, "rsync", authentication="none", facts={"rsync.modules": "all"})
def _(i): return ["rsync", "--daemon", "--no-detach", f"--address={i.address}", f"--port={i.port}", f"--config={i.write('rsyncd.conf', f'use chroot = no{chr(10)}[all]{chr(10)}path = {i.folder}{chr(10)}')}"]

@asked("rsync-users", "rsync", "rsync", 1873, "rsync", authentication="required", facts={"rsync.modules": "mine"})
def _(i): return ["rsync", "--daemon", "--no-detach", f"--address={i.address}", f"--port={i.port}", f"--config={i.write('rsyncd.conf', f'use chroot = no{chr(10)}[mine]{chr(10)}path = {i.folder}{chr(10)}auth users = a{chr(10)}secrets file = {i.folder}/s{chr(10)}')}"]

@asked("rsync-hidden", "rsync", "rsync", 2873, "rsync", authentication="none", facts={"rsync.list": "empty"})
def _(i): return ["rsync", "--daemon", "--no-detach", f"--address={i.address}", f"--port={i.port}", f"--config={i.write('rsyncd.conf', f'use chroot = no{chr(10)}list = no{chr(10)}[all]{chr(10)}path = {i.folder}{chr(10)}')}"]

@asked("tftpd", "in.tftpd", "tftpd-hpa", 69, "tftp", protocol="udp", authentication="none")
def _(i): return ["in.tftpd", "-L", "--address", f"{i.address}:{i.port}", "-s", i.folder]

# TLS with something inside.
@asked("telnet-in-tls", "stunnel4 inetutils-inetd openssl telnetd", "stunnel4 inetutils-inetd", 992, "telnet", facts={"encryption": "tls"})
def _(i):
    certificate(i); i.write("inetd.conf", "127.0.0.1:2399 stream tcp nowait root /usr/sbin/telnetd telnetd\n")
    return ["sh", "-c", f"inetutils-inetd -d {i.folder}/inetd.conf & exec stunnel4 {i.write('s.conf', f'foreground = yes{chr(10)}pid = {i.folder}/pid{chr(10)}[telnets]{chr(10)}accept = {i.address}:{i.port}{chr(10)}connect = 127.0.0.1:2399{chr(10)}cert = {i.folder}/c{chr(10)}key = {i.folder}/k{chr(10)}')}"]

@asked("ssh-in-tls", "stunnel4 openssl sshd", "stunnel4", 1992, "ssh", authentication="required", facts={"encryption": "tls"})
def _(i):
    certificate(i); i.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{i.folder}/key"); os.makedirs("/run/sshd", exist_ok=True)
    i.write("sshd_config", f"ListenAddress 127.0.0.1:2222\nHostKey {i.folder}/key\nPidFile {i.folder}/sshd.pid\n")
    return ["sh", "-c", f"/usr/sbin/sshd -D -f {i.folder}/sshd_config & exec stunnel4 {i.write('s.conf', f'foreground = yes{chr(10)}pid = {i.folder}/pid{chr(10)}[telnets]{chr(10)}accept = {i.address}:{i.port}{chr(10)}connect = 127.0.0.1:2222{chr(10)}cert = {i.folder}/c{chr(10)}key = {i.folder}/k{chr(10)}')}"]

@asked("nginx-old-tls", "nginx openssl", "nginx-light", 443, "https", product="nginx", version=True, facts={"encryption": "tls", "tls.subject": "lab"})
def _(i): certificate(i); return ["nginx", "-p", i.folder, "-c", i.write("nginx.conf", f"daemon off;\nerror_log {i.folder}/error;\npid {i.folder}/pid;\nevents {{}}\nhttp {{\n access_log off;\n client_body_temp_path {i.folder};\n proxy_temp_path {i.folder};\n fastcgi_temp_path {i.folder};\n uwsgi_temp_path {i.folder};\n scgi_temp_path {i.folder};\n server {{ listen {i.address}:{i.port} ssl; ssl_certificate {i.folder}/c; ssl_certificate_key {i.folder}/k; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0; }}\n}}\n")]

@asked("prometheus-node-exporter", "prometheus-node-exporter", "prometheus-node-exporter", 9100, "node-exporter")
def _(i): return ["prometheus-node-exporter", f"--web.listen-address={i.address}:{i.port}"]

@asked("node-inspector", "node", "nodejs", 9229, "node-inspector", authentication="none")
def _(i): return ["node", f"--inspect={i.address}:{i.port}", "-e", "setInterval(() => {}, 1e6)"]


def stands(t, now): return any((t["protocol"], a, t["port"]) in now for a in (t["address"], "0.0.0.0", "*"))


def up(netns, only):
    down(netns)
    os.makedirs(f"{DIR}/run-{netns}"); os.chmod(DIR, 0o755)
    if not only: unpack()
    for c in (f"ip netns add {netns}", f"ip netns exec {netns} sysctl -qw net.ipv6.conf.default.accept_dad=0", f"ip -n {netns} link set lo up", f"ip -n {netns} link add lab0 type veth peer name lab1", f"ip -n {netns} link set lab0 up", f"ip -n {netns} link set lab1 up", f"ip -n {netns} link set lab0 multicast on", f"ip -n {netns} route add 224.0.0.0/4 dev lab0"): sh(c)
    for n in range(1, len(ALL) + 12): sh(f"ip -n {netns} addr add {ENTRY}{n}/24 dev lab0")
    truth, left_out = [], []
    for n, d in enumerate(ALL):
        if only and d["name"] not in only: continue
        missing = [p for p in d["needs"] if not there(p)]
        if missing: left_out.append(dict(name=d["name"], missing=missing)); continue
        i = Instance(netns, f"{ENTRY}{n + 10}", d["port"], f"{DIR}/run-{netns}/{d['name']}")
        os.makedirs(i.folder); os.chmod(i.folder, 0o777)
        start(i, d["start"](i))
        fact = {key: d[key] for key in ("name", "protocol", "port", "service", "authentication", "product", "version", "facts", "never", "answers")}
        truth.append(dict(**fact, address="0.0.0.0" if d["alone"] else i.address))
    now, since = listening(netns), time.monotonic()
    while time.monotonic() < since + (10 if not all(stands(t, now) for t in truth) else 4):
        time.sleep(0.5)
        if listening(netns) != now: now, since = listening(netns), time.monotonic()
    # Some open their port before they are ready to answer, and some are changed a moment after they stand.
    time.sleep(1 if only else 6)
    print(json.dumps(dict(netns=netns, listeners=[t for t in truth if stands(t, now)], leftOut=left_out, notUp=[f"{t['name']} {t['protocol']}/{t['port']}" for t in truth if not stands(t, now)]), indent=1))


if __name__ == "__main__":
    verb, netns = (sys.argv + ["", ""])[1:3]
    if verb == "up" and netns: up(netns, [word for word in sys.argv[3:] if word != "only"])
    elif verb == "down" and netns: down(netns)
    elif verb == "packages": print(" ".join(sorted({p for d in ALL for p in d["packages"]} - set(UNPACKED))))
    else: print(__doc__)
