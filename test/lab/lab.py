#!/usr/bin/env python3
"""Starts the accuracy lab: real daemons from Debian's packages in a network namespace, at usual and at moved ports, with decoys. Prints the truth.

  lab.py up [NETNS] [only NAME…]   starts what is installed; prints what listens where, and what was left out
  lab.py down [NETNS]              ends what `up` started and removes the namespace
  lab.py packages                  prints the packages to install (those that conflict are unpacked beside each other)

Needs root and a Debian-like system. Every instance has an address of its own (198.51.100.N), so that several daemons have one usual port. Nothing
listens outside the namespace. Truth is written by hand, beside each daemon.
"""
import json, os, shutil, signal, subprocess, sys, time

DIR = "/var/lib/earshot-lab"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Unpacked with dpkg-deb -x, because they conflict with others.
UNPACKED = ["openbsd-inetd", "vsftpd", "xinetd", "atftpd", "proftpd-core", "telnetd-ssl", "ntpsec"]
LAB = []


def daemon(name, needs, packages, services, usual, moved, protocol="tcp", never=(), package=None, wait=0, alone=False):
    """Registers a daemon: the decorated function gets an instance (address, port, folder) and returns what to run."""
    def add(function):
        LAB.append(dict(name=name, needs=needs.split(), packages=packages.split(), services=services.split(), usual=usual, moved=moved, protocol=protocol,
                        never=list(never), package=package, start=function, wait=wait, alone=alone))
        return function
    return add


class Instance:
    def __init__(self, netns, address, port, folder):
        self.netns, self.address, self.port, self.folder, self.extra = netns, address, port, folder, []

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w") as f: f.write(text)
        return path

    def also(self, protocol, port, *services, never=(), address=None):
        self.extra.append(dict(protocol=protocol, address=address or self.address, port=port, services=list(services), never=list(never)))

    def run(self, *argv):
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": PATH, "HOME": self.folder}, timeout=120)


# Super servers and what they start.
INETD = """{a}:{p1} stream tcp nowait root /usr/sbin/telnetd telnetd
{a}:{p2} stream tcp nowait root /usr/sbin/ftpd ftpd -l
{a}:{p3} stream tcp nowait root /usr/sbin/in.rshd in.rshd
{a}:{p4} stream tcp nowait root /usr/sbin/in.rlogind in.rlogind
{a}:{p5} stream tcp nowait nobody /usr/sbin/tcpd /usr/sbin/in.fingerd
{a}:{p6} dgram udp wait root /usr/sbin/in.tftpd in.tftpd -s {d}
{a}:{p7} stream tcp nowait root internal
{a}:{p8} stream tcp nowait root internal
"""


def inetd(i, program):
    base = i.port
    ports = [23, 21, 514, 513, 79, 69] if base == 23 else [base + n for n in range(6)]
    lines = "".join(f"{l}\n" for l in INETD.splitlines()[:6])
    text = lines.format(a=i.address, d=i.folder, **{f"p{n + 1}": p for n, p in enumerate(ports)})
    text += f"{i.address}:chargen stream tcp nowait root internal\n{i.address}:daytime stream tcp nowait root internal\n"
    for port, (protocol, service) in zip(ports[1:], [("tcp", "ftp"), ("tcp", "rsh"), ("tcp", "rlogin"), ("tcp", "finger"), ("udp", "tftp")]): i.also(protocol, port, service)
    i.also("tcp", 19, "chargen"); i.also("tcp", 13, "daytime")
    return [program, *(["-d"] if "openbsd" in program else ["-d"]), i.write("inetd.conf", text)]


@daemon("inetutils-inetd", "inetutils-inetd telnetd ftpd in.rshd in.fingerd in.tftpd", "inetutils-inetd inetutils-telnetd inetutils-ftpd rsh-redone-server fingerd tftpd-hpa", "telnet", 23, 20023)
def _(i): return inetd(i, "/usr/sbin/inetutils-inetd")

@daemon("openbsd-inetd", f"{DIR}/unpacked/openbsd-inetd/usr/sbin/inetd telnetd", "openbsd-inetd", "telnet", 23, 21023)
def _(i): return inetd(i, f"{DIR}/unpacked/openbsd-inetd/usr/sbin/inetd")

@daemon("xinetd", f"{DIR}/unpacked/xinetd/usr/sbin/xinetd telnetd", "xinetd", "telnet", 23, 22023)
def _(i):
    base = i.port
    i.also("tcp", base + 1, "telnet"); i.also("tcp", base + 2, "daytime")
    text = f"defaults\n{{\n bind = {i.address}\n}}\nservice moved-telnet\n{{\n type = UNLISTED\n port = {base}\n socket_type = stream\n protocol = tcp\n wait = no\n user = root\n server = /usr/sbin/telnetd\n}}\n"
    text += f"service elsewhere\n{{\n type = UNLISTED\n port = {base + 1}\n socket_type = stream\n protocol = tcp\n wait = no\n user = root\n redirect = {i.address} {base}\n}}\n"
    text += f"service daytime\n{{\n type = INTERNAL UNLISTED\n id = daytime-stream\n port = {base + 2}\n socket_type = stream\n protocol = tcp\n wait = no\n user = root\n}}\n"
    text += f"service ftp\n{{\n disable = yes\n socket_type = stream\n wait = no\n user = root\n server = /usr/sbin/ftpd\n}}\n"
    return [f"{DIR}/unpacked/xinetd/usr/sbin/xinetd", "-dontfork", "-f", i.write("xinetd.conf", text), "-pidfile", f"{i.folder}/pid"]

@daemon("tcpserver", "tcpserver telnetd", "ucspi-tcp", "telnet", 23, 2324)
def _(i): return ["tcpserver", "-H", "-R", i.address, str(i.port), "/usr/sbin/telnetd"]

@daemon("busybox-telnetd", "busybox", "busybox-static", "telnet", 23, 2325)
def _(i): return ["busybox", "telnetd", "-F", "-b", f"{i.address}:{i.port}", "-l", "/bin/false"]

@daemon("busybox-httpd", "busybox", "busybox-static", "http", 80, 23, never=["telnet"])
def _(i): return ["busybox", "httpd", "-f", "-p", f"{i.address}:{i.port}", "-h", i.folder]

@daemon("socat-telnetd", "socat telnetd", "socat inetutils-telnetd", "telnet", 23, 4999)
def _(i): return ["socat", f"TCP-LISTEN:{i.port},bind={i.address},fork,reuseaddr", "EXEC:/usr/sbin/telnetd,pty"]

# File transfer.
@daemon("vsftpd", f"{DIR}/unpacked/vsftpd/usr/sbin/vsftpd", "vsftpd", "ftp", 21, 10021)
def _(i): return [f"{DIR}/unpacked/vsftpd/usr/sbin/vsftpd", i.write("vsftpd.conf", f"listen=YES\nlisten_ipv6=NO\nlisten_address={i.address}\nlisten_port={i.port}\nanonymous_enable=YES\nsecure_chroot_dir={i.folder}\nbackground=NO\nrun_as_launching_user=YES\n")]

@daemon("proftpd", f"{DIR}/unpacked/proftpd-core/usr/sbin/proftpd", "proftpd-core", "ftp", 21, 30021)
def _(i): return [f"{DIR}/unpacked/proftpd-core/usr/sbin/proftpd", "-n", "-c", i.write("proftpd.conf", f"ServerType standalone\nPort {i.port}\nDefaultAddress {i.address}\nSocketBindTight on\nUseIPv6 off\nPidFile {i.folder}/pid\nScoreboardFile none\nUser nobody\nGroup nogroup\nDelayEngine off\nWtmpLog off\n")]

@daemon("pyftpdlib", "python3 /usr/lib/python3/dist-packages/pyftpdlib/__init__.py", "python3-pyftpdlib", "ftp", 21, 6010, never=["x11"])
def _(i): return ["/usr/bin/python3", "-m", "pyftpdlib", "-i", i.address, "-p", str(i.port), "-d", i.folder]

@daemon("tftpd-hpa", "in.tftpd", "tftpd-hpa", "tftp", 69, 40069, protocol="udp", package="tftpd-hpa")
def _(i): return ["in.tftpd", "-L", "--address", f"{i.address}:{i.port}", "-s", i.folder]

@daemon("atftpd", f"{DIR}/unpacked/atftpd/usr/sbin/atftpd", "atftpd", "tftp", 69, 1069, protocol="udp")
def _(i): return [f"{DIR}/unpacked/atftpd/usr/sbin/atftpd", "--daemon", "--no-fork", "--bind-address", i.address, "--port", str(i.port), i.folder]

@daemon("rsync", "rsync", "rsync", "rsync", 873, 8730, package="rsync")
def _(i): return ["rsync", "--daemon", "--no-detach", f"--address={i.address}", f"--port={i.port}", f"--config={i.write('rsyncd.conf', f'use chroot = no{chr(10)}[all]{chr(10)}path = {i.folder}{chr(10)}')}"]

@daemon("git-daemon", "git /usr/lib/git-core/git-daemon", "git", "git", 9418, 19418)
def _(i): return ["/usr/lib/git-core/git-daemon", f"--listen={i.address}", f"--port={i.port}", "--export-all", f"--base-path={i.folder}"]

# Screens.
@daemon("Xvfb", "Xvfb", "xvfb", "x11", 6005, 6105, package="xvfb")
def _(i): i.address = "0.0.0.0"; return ["Xvfb", f":{i.port - 6000}", "-listen", "tcp", "-ac", "-screen", "0", "320x200x8", "-nolisten", "unix"]

@daemon("Xvnc", "Xtigervnc", "tigervnc-standalone-server", "vnc", 5907, 23907, package="tigervnc-standalone-server")
def _(i): return ["Xtigervnc", f":{70 + i.port % 7}", "-rfbport", str(i.port), "-SecurityTypes", "None", "-interface", i.address, "-geometry", "320x200", "-nolisten", "unix"]

# RPC and management.
@daemon("rpcbind", "rpcbind", "rpcbind", "rpcbind", 111, None, package="rpcbind", alone=True)
def _(i): i.address = "0.0.0.0"; i.also("udp", 111, "rpcbind"); return ["rpcbind", "-f", "-w"]

@daemon("rpc.statd", "rpc.statd", "nfs-common", "status", 662, 40662, never=["rpcbind"], package="nfs-common")
def _(i):
    i.address = "0.0.0.0"
    for name in ("", "/sm", "/sm.bak"): os.makedirs(i.folder + name, exist_ok=True); shutil.chown(i.folder + name, "statd")
    return ["rpc.statd", "-F", "-L", "-p", str(i.port), "-P", i.folder]

@daemon("snmpd", "snmpd", "snmpd", "snmp", 161, 10161, protocol="udp", package="snmpd")
def _(i): return ["snmpd", "-f", "-Lo", "-C", "-c", i.write("snmpd.conf", "rocommunity public\n"), "-p", f"{i.folder}/pid", f"udp:{i.address}:{i.port}"]

# Data.
@daemon("redis", "redis-server", "redis-server", "redis", 6379, 23379, package="redis-server")
def _(i): return ["redis-server", i.write("redis.conf", f"bind {i.address}\nport {i.port}\nprotected-mode no\ndir {i.folder}\nsave \"\"\n")]

@daemon("memcached", "memcached", "memcached", "memcached", 11211, 6000, never=["x11"], package="memcached")
def _(i): return ["memcached", "-u", "nobody", "-l", i.address, "-p", str(i.port)]

@daemon("postgres", "/usr/lib/postgresql/15/bin/postgres", "postgresql", "postgresql", 5432, 15432, package="postgresql-15", wait=3)
def _(i):
    os.chmod(DIR, 0o755); shutil.chown(i.folder, "postgres", "postgres")
    i.run("runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/initdb", "-D", f"{i.folder}/data", "-A", "trust")
    return ["runuser", "-u", "postgres", "--", "/usr/lib/postgresql/15/bin/postgres", "-D", f"{i.folder}/data", "-h", i.address, "-p", str(i.port), "-k", i.folder]

@daemon("mariadb", "mariadbd", "mariadb-server", "mysql", 3306, 13306, package="mariadb-server-core", wait=6)
def _(i):
    i.run("mariadb-install-db", f"--datadir={i.folder}/data", "--auth-root-authentication-method=normal", "--skip-test-db")
    return ["mariadbd", "--no-defaults", "--user=root", f"--datadir={i.folder}/data", f"--bind-address={i.address}", f"--port={i.port}", f"--socket={i.folder}/s", f"--pid-file={i.folder}/pid"]

@daemon("etcd", "etcd", "etcd-server", "etcd", 2379, 12379, package="etcd-server", wait=1)
def _(i):
    peer = i.port + 1; i.also("tcp", peer, "etcd-peer")
    return ["etcd", "--data-dir", f"{i.folder}/data", "--listen-client-urls", f"http://{i.address}:{i.port}", "--advertise-client-urls", f"http://{i.address}:{i.port}", "--listen-peer-urls", f"http://{i.address}:{peer}", "--initial-advertise-peer-urls", f"http://{i.address}:{peer}", "--initial-cluster", f"default=http://{i.address}:{peer}"]

@daemon("mosquitto", "mosquitto", "mosquitto", "mqtt", 1883, 5900, never=["vnc", "rfb"], package="mosquitto")
def _(i): return ["mosquitto", "-c", i.write("m.conf", f"listener {i.port} {i.address}\nallow_anonymous true\nuser root\n")]

@daemon("beanstalkd", "beanstalkd", "beanstalkd", "beanstalkd", 11300, 3389, never=["rdp"], package="beanstalkd")
def _(i): return ["beanstalkd", "-l", i.address, "-p", str(i.port)]

@daemon("slapd", "slapd", "slapd", "ldap", 389, 10389, package="slapd")
def _(i): return ["slapd", "-d", "0", "-f", i.write("slapd.conf", f"pidfile {i.folder}/pid\ndatabase monitor\n"), "-h", f"ldap://{i.address}:{i.port}/"]

# Files and names.
@daemon("smbd", "smbd", "samba", "smb", 445, 10445, package="samba", wait=2)
def _(i): return ["smbd", "-F", "--no-process-group", "-s", i.write("smb.conf", f"[global]\ninterfaces = {i.address}/24\nbind interfaces only = yes\nsmb ports = {i.port}\nlock directory = {i.folder}\nstate directory = {i.folder}\ncache directory = {i.folder}\nprivate dir = {i.folder}\npid directory = {i.folder}\nncalrpc dir = {i.folder}/n\nlog file = {i.folder}/log\n")]

@daemon("dnsmasq", "dnsmasq", "dnsmasq-base", "dns", 53, 10053, protocol="udp", package="dnsmasq-base")
def _(i): i.also("tcp", i.port, "dns"); return ["dnsmasq", "-k", "-C", "/dev/null", f"--listen-address={i.address}", "--bind-interfaces", "-p", str(i.port), "--no-resolv", f"--pid-file={i.folder}/pid", "-u", "root"]

@daemon("bind", "named", "bind9", "dns", 53, 20053, protocol="udp", package="bind9", wait=2)
def _(i):
    i.also("tcp", i.port, "dns")
    return ["named", "-f", "-u", "root", "-c", i.write("named.conf", f'options {{ directory "{i.folder}"; listen-on port {i.port} {{ {i.address}; }}; listen-on-v6 {{ none; }}; pid-file "{i.folder}/pid"; session-keyfile "{i.folder}/k"; managed-keys-directory "{i.folder}"; allow-recursion {{ any; }}; }};\ncontrols {{ }};\n')]

@daemon("unbound", "unbound", "unbound", "dns", 53, 30053, protocol="udp", package="unbound")
def _(i): i.also("tcp", i.port, "dns"); return ["unbound", "-d", "-c", i.write("u.conf", f'server:\n interface: {i.address}\n port: {i.port}\n username: ""\n chroot: ""\n pidfile: "{i.folder}/pid"\n do-daemonize: no\nremote-control:\n control-enable: no\n')]

@daemon("ntpd", f"{DIR}/unpacked/ntpsec/usr/sbin/ntpd", "ntpsec", "ntp", 123, None, protocol="udp", alone=True)
def _(i): i.address = "0.0.0.0"; return [f"{DIR}/unpacked/ntpsec/usr/sbin/ntpd", "-n", "-g", "-c", i.write("ntp.conf", "server 198.51.100.1\n"), "-p", f"{i.folder}/pid"]

# Mail and web.
@daemon("dovecot", "dovecot", "dovecot-imapd dovecot-pop3d", "imap", 143, 10143, package="dovecot-core", wait=1)
def _(i):
    pop = 110 if i.port == 143 else i.port + 1
    i.also("tcp", pop, "pop3", never=["imap"])
    return ["dovecot", "-F", "-c", i.write("d.conf", f"base_dir = {i.folder}/run\nstate_dir = {i.folder}\nprotocols = imap pop3\nlisten = {i.address}\nssl = no\nlog_path = {i.folder}/log\ninstance_name = lab{i.port}\ndefault_login_user = dovenull\npassdb {{\n driver = static\n args = nopassword=y\n}}\nservice imap-login {{\n inet_listener imap {{\n port = {i.port}\n }}\n inet_listener imaps {{\n port = 0\n }}\n}}\nservice pop3-login {{\n inet_listener pop3 {{\n port = {pop}\n }}\n inet_listener pop3s {{\n port = 0\n }}\n}}\n")]

@daemon("exim", "exim4", "exim4-daemon-light", "smtp submission", 25, 10025, package="exim4-daemon-light", wait=1)
def _(i): return ["exim4", "-bdf", "-oX", str(i.port), "-C", i.write("exim.conf", f"local_interfaces = {i.address}\nspool_directory = {i.folder}\nexim_user = root\nexim_group = root\nlog_file_path = {i.folder}/%slog\npid_file_path = {i.folder}/pid\n")]

@daemon("nginx", "nginx", "nginx-light", "http", 80, 23, never=["telnet"], package="nginx")
def _(i): return ["nginx", "-p", i.folder, "-c", i.write("nginx.conf", f"daemon off;\nerror_log {i.folder}/error;\npid {i.folder}/pid;\nevents {{}}\nhttp {{\n access_log off;\n client_body_temp_path {i.folder};\n proxy_temp_path {i.folder};\n fastcgi_temp_path {i.folder};\n uwsgi_temp_path {i.folder};\n scgi_temp_path {i.folder};\n server {{ listen {i.address}:{i.port}; }}\n}}\n")]

@daemon("apache", "apache2", "apache2", "http", 80, 6001, never=["x11"], package="apache2-bin")
def _(i): return ["apache2", "-X", "-f", i.write("apache.conf", f"ServerName lab\nListen {i.address}:{i.port}\nPidFile {i.folder}/pid\nErrorLog {i.folder}/error\nLoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\nLoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\nUser nobody\nGroup nogroup\n")]

@daemon("lighttpd", "lighttpd", "lighttpd", "http", 80, 513, never=["rlogin", "login"], package="lighttpd")
def _(i): return ["lighttpd", "-D", "-f", i.write("l.conf", f'server.document-root = "{i.folder}"\nserver.port = {i.port}\nserver.bind = "{i.address}"\n')]

@daemon("squid", "squid", "squid", "squid", 3128, 13128, package="squid", wait=4)
def _(i): shutil.chown(i.folder, "proxy"); i.run("sh", "-c", f"rm -f /dev/shm/lab{i.port}-*"); return ["squid", "-N", "-n", f"lab{i.port}", "-f", i.write("squid.conf", f"http_port {i.address}:{i.port}\npid_filename {i.folder}/pid\naccess_log none\ncache_log {i.folder}/log\ncoredump_dir {i.folder}\nicp_port 0\npinger_enable off\n")]

@daemon("tinyproxy", "tinyproxy", "tinyproxy", "http-connect-proxy", 8118, 18118, package="tinyproxy-bin")
def _(i): return ["tinyproxy", "-d", "-c", i.write("t.conf", f"Port {i.port}\nListen {i.address}\nPidFile \"{i.folder}/pid\"\nMaxClients 10\nTimeout 60\n")]

@daemon("haproxy", "haproxy nginx", "haproxy", "http", 8080, 2023, package="haproxy")
def _(i): return ["haproxy", "-db", "-f", i.write("h.cfg", f"global\n maxconn 20\ndefaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend f\n bind {i.address}:{i.port}\n")]

@daemon("node-exporter", "prometheus-node-exporter", "prometheus-node-exporter", "node-exporter metrics", 9100, 19100, package="prometheus-node-exporter")
def _(i): return ["prometheus-node-exporter", f"--web.listen-address={i.address}:{i.port}"]

@daemon("icecast", "icecast2", "icecast2", "icecast http", 8000, 18000, package="icecast2", wait=1)
def _(i): return ["runuser", "-u", "nobody", "--", "icecast2", "-c", i.write("i.xml", f"<icecast><limits><sources>2</sources></limits><authentication><source-password>x</source-password></authentication><hostname>lab</hostname><listen-socket><port>{i.port}</port><bind-address>{i.address}</bind-address></listen-socket><paths><basedir>/usr/share/icecast2</basedir><logdir>{i.folder}</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths><logging><errorlog>-</errorlog></logging></icecast>")]

# Shells, compilers, debuggers, chat.
@daemon("sshd", "sshd", "openssh-server", "ssh", 22, 23, never=["telnet"], package="openssh-server")
def _(i):
    i.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{i.folder}/key"); os.makedirs("/run/sshd", exist_ok=True)
    return ["/usr/sbin/sshd", "-D", "-f", i.write("sshd_config", f"ListenAddress {i.address}:{i.port}\nHostKey {i.folder}/key\nPidFile {i.folder}/pid\nPermitRootLogin yes\n")]

@daemon("distccd", "distccd", "distcc", "distcc", 3632, 13632, package="distcc")
def _(i): return ["distccd", "--no-detach", "--daemon", "--listen", i.address, "--port", str(i.port), "--allow", "127.0.0.1", "--user", "nobody"]

@daemon("jdwp", "java", "default-jre-headless", "jdwp", 5005, 15005, wait=3)
def _(i):
    i.write("Wait.java", "public class Wait { public static void main(String[] a) throws Exception { Thread.sleep(1000000000L); } }")
    return ["java", f"-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address={i.address}:{i.port}", "-version"]

@daemon("node-inspector", "node", "nodejs", "node-inspector", 9229, 19229)
def _(i): return ["node", f"--inspect={i.address}:{i.port}", "-e", "setInterval(() => {}, 1e6)"]

@daemon("ngircd", "ngircd", "ngircd", "irc", 6667, 16667, package="ngircd")
def _(i): return ["ngircd", "-n", "-f", i.write("n.conf", f"[Global]\nName = lab.example\nInfo = x\nListen = {i.address}\nPorts = {i.port}\nServerUID = root\nServerGID = root\n[Options]\nPAM = no\n")]

@daemon("danted", "danted", "dante-server", "socks", 1080, 11080, package="dante-server")
def _(i): return ["danted", "-f", i.write("d.conf", f"logoutput: stderr\ninternal: {i.address} port = {i.port}\nexternal: {i.address}\nclientmethod: none\nsocksmethod: none\nuser.unprivileged: nobody\nclient pass {{ from: 0/0 to: 0/0 }}\nsocks pass {{ from: 0/0 to: 0/0 }}\n"), "-p", f"{i.folder}/pid"]

@daemon("munin-node", "munin-node", "munin-node", "munin", 4949, 14949, wait=2)
def _(i): return ["munin-node", "--foreground", "--config", i.write("m.conf", f"host {i.address}\nport {i.port}\nbackground 0\nsetsid 0\nuser root\ngroup root\npid_file {i.folder}/pid\nlog_file {i.folder}/log\nallow .*\n")]

@daemon("nrpe", "nrpe", "nagios-nrpe-server", "nrpe", 5666, 15666, package="nagios-nrpe-server")
def _(i): return ["nrpe", "-f", "-c", i.write("n.cfg", f"server_address={i.address}\nserver_port={i.port}\nnrpe_user=nobody\nnrpe_group=nogroup\npid_file={i.folder}/pid\n")]

@daemon("zabbix-agent", "zabbix_agentd", "zabbix-agent", "zabbix-agent", 10050, 20050, package="zabbix-agent")
def _(i): return ["zabbix_agentd", "-f", "-c", i.write("z.conf", f"Server=127.0.0.1\nListenIP={i.address}\nListenPort={i.port}\nAllowRoot=1\nPidFile={i.folder}/pid\nLogType=console\nHostname=lab\n")]

@daemon("openvpn", "openvpn", "openvpn", "openvpn", 1194, 11194, protocol="udp", package="openvpn")
def _(i): i.run("openvpn", "--genkey", "secret", f"{i.folder}/k"); return ["openvpn", "--dev", "null", "--local", i.address, "--port", str(i.port), "--secret", f"{i.folder}/k", "--cipher", "AES-256-CBC"]

@daemon("freeradius", "freeradius", "freeradius", "radius", 1812, None, protocol="udp", package="freeradius", wait=3, alone=True)
def _(i): i.address = "0.0.0.0"; i.also("udp", 1813, "radius-accounting"); return ["freeradius", "-f", "-l", "stdout"]

@daemon("php-fpm", "php-fpm8.2", "php8.2-fpm", "fastcgi", 9000, 19000, package="php8.2-fpm")
def _(i): return ["php-fpm8.2", "-F", "-y", i.write("f.conf", f"[global]\npid = {i.folder}/pid\nerror_log = {i.folder}/log\n[www]\nuser = nobody\ngroup = nogroup\nlisten = {i.address}:{i.port}\npm = static\npm.max_children = 1\n")]

# Relays.
@daemon("stunnel", "stunnel4 telnetd", "stunnel4", "ssh", 992, 10992, wait=1)
def _(i):
    i.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=lab", "-keyout", f"{i.folder}/k", "-out", f"{i.folder}/c")
    return ["stunnel4", i.write("s.conf", f"foreground = yes\npid = {i.folder}/pid\n[telnets]\naccept = {i.address}:{i.port}\nconnect = {TARGET}:22\ncert = {i.folder}/c\nkey = {i.folder}/k\n")]

@daemon("redir", "redir", "redir", "ssh", 8022, 18022)
def _(i): return ["redir", "-n", f"{i.address}:{i.port}", f"{TARGET}:22"]

@daemon("rinetd", "rinetd", "rinetd", "ssh", 8023, 18023)
def _(i): return ["rinetd", "-f", "-c", i.write("r.conf", f"{i.address} {i.port} {TARGET} 22\n")]

@daemon("socat-relay", "socat", "socat", "ssh", 23, 8024, never=["telnet"])
def _(i): return ["socat", f"TCP-LISTEN:{i.port},bind={i.address},fork", f"TCP:{TARGET}:22"]

@daemon("nginx-stream", "nginx /usr/lib/nginx/modules/ngx_stream_module.so", "libnginx-mod-stream", "ssh", 23, 8025, never=["telnet", "http"])
def _(i): return ["nginx", "-p", i.folder, "-c", i.write("nginx.conf", f"load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off;\nerror_log {i.folder}/error;\npid {i.folder}/pid;\nevents {{}}\nstream {{ server {{ listen {i.address}:{i.port}; proxy_pass {TARGET}:22; }} }}\n")]

# Decoys: what the port says is not there.
@daemon("python-on-x11", "python3", "python3", "http", 6000, 5901, never=["x11", "vnc"])
def _(i): return ["/usr/bin/python3", "-m", "http.server", "-b", i.address, str(i.port)]

@daemon("netcat-on-ftp", "nc.openbsd", "netcat-openbsd", "netcat", 21, 23, never=["ftp", "telnet"])
def _(i): return ["nc.openbsd", "-l", "-k", i.address, str(i.port)]

@daemon("netcat-as-sshd", "nc.openbsd", "netcat-openbsd", "netcat", 22, 2222, never=["ssh"])
def _(i):
    os.link("/usr/bin/nc.openbsd", f"/usr/bin/../../{i.folder}/sshd") if os.stat("/usr/bin/nc.openbsd").st_dev == os.stat(i.folder).st_dev else shutil.copy("/usr/bin/nc.openbsd", f"{i.folder}/sshd")
    return [f"{i.folder}/sshd", "-l", "-k", i.address, str(i.port)]

@daemon("script-called-redis", "python3", "python3", "", 6379, 6380, never=["redis"])
def _(i): return ["/usr/bin/python3", i.write("app.py", f"import socket,time\ns=socket.create_server(('{i.address}',{i.port}))\ntime.sleep(1e6)\n"), "redis-server"]

@daemon("kworker", "socat", "socat", "", 8443, 18443, never=["https"])
def _(i): shutil.copy("/usr/bin/socat", f"{i.folder}/x"); return ["bash", "-c", f"exec -a '[kworker/0:1]' {i.folder}/x TCP-LISTEN:{i.port},bind={i.address},fork PIPE"]

@daemon("sleep-holds-a-port", "python3 sleep", "python3", "", 3306, 13307, never=["mysql"])
def _(i): return ["/usr/bin/python3", "-c", f"import socket,os\ns=socket.create_server(('{i.address}',{i.port}))\nos.set_inheritable(s.fileno(),True)\nos.execv('/usr/bin/sleep',['sleep','1000000'])"]

@daemon("deleted-binary", "socat", "socat", "", 4444, 4445)
def _(i):
    shutil.copy("/usr/bin/socat", f"{i.folder}/gone")
    return ["bash", "-c", f"(sleep 1; rm -f {i.folder}/gone) & exec {i.folder}/gone TCP-LISTEN:{i.port},bind={i.address},fork PIPE"]

@daemon("script-named-vsftpd", "python3", "python3", "", 21, 2112, never=["ftp"])
def _(i): return ["/usr/bin/python3", i.write("vsftpd", f"import socket,time\ns=socket.create_server(('{i.address}',{i.port}))\ntime.sleep(1e6)\n")]

@daemon("patched-netcat-as-telnetd", "nc.openbsd", "netcat-openbsd", "", 23, 2312, never=["telnet"])
def _(i):
    with open("/usr/bin/nc.openbsd", "rb") as f: b = f.read()
    with open(f"{i.folder}/vsftpd", "wb") as f: f.write(b + b"\0")
    os.chmod(f"{i.folder}/vsftpd", 0o755)
    return [f"{i.folder}/vsftpd", "-l", "-k", i.address, str(i.port)]

@daemon("mounted-over-sshd", "unshare nc.openbsd sshd", "netcat-openbsd openssh-server", "netcat", 22, 2202, never=["ssh"])
def _(i): return ["unshare", "-m", "sh", "-c", f"mount --bind /usr/bin/nc.openbsd /usr/sbin/sshd; exec /usr/sbin/sshd -l -k {i.address} {i.port}"]

@daemon("socket-activate", "systemd-socket-activate telnetd", "systemd inetutils-telnetd", "telnet", 23, 2302)
def _(i): return ["systemd-socket-activate", "-l", f"{i.address}:{i.port}", "--inetd", "-a", "/usr/sbin/telnetd"]

@daemon("udhcpd-named-as-web", "busybox", "busybox-static", "http", 80, 5353, never=["mdns"])
def _(i): shutil.copy("/usr/bin/busybox", f"{i.folder}/httpd"); return [f"{i.folder}/httpd", "-f", "-p", f"{i.address}:{i.port}", "-h", i.folder]

TARGET = "198.51.100.2"


def sh(command): return subprocess.run(command, shell=True, capture_output=True, text=True)


def there(program):
    return os.path.exists(program) if program.startswith("/") else shutil.which(program, path=PATH) is not None


def unpack():
    """Packages that conflict, each in a folder of its own."""
    for name in UNPACKED:
        folder = f"{DIR}/unpacked/{name}"
        if os.path.isdir(folder): continue
        os.makedirs(f"{DIR}/unpacked/debs", exist_ok=True); shutil.chown(f"{DIR}/unpacked/debs", "_apt") if sh("id _apt").returncode == 0 else None
        subprocess.run(["apt-get", "download", name], cwd=f"{DIR}/unpacked/debs", capture_output=True)
        for deb in os.listdir(f"{DIR}/unpacked/debs"):
            if deb.startswith(f"{name}_"): os.makedirs(folder, exist_ok=True); subprocess.run(["dpkg-deb", "-x", f"{DIR}/unpacked/debs/{deb}", folder])


def start(i, argv):
    log = open(f"{i.folder}/out.txt", "ab")
    subprocess.Popen(["ip", "netns", "exec", i.netns, *argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=i.folder, start_new_session=True, env={"PATH": PATH, "HOME": i.folder, "LANG": "C.UTF-8"})


def listening(netns):
    found = set()
    for line in sh(f"ip netns exec {netns} ss -tulnH").stdout.splitlines():
        f = line.split()
        found.add((f[0], f[4].rsplit("%", 1)[0].rsplit(":", 1)[0] if "%" in f[4] else f[4].rsplit(":", 1)[0], int(f[4].rsplit(":", 1)[1])))
    return found


def up(netns, only):
    down(netns)
    os.makedirs(f"{DIR}/run-{netns}"); os.chmod(DIR, 0o755)
    if not only: unpack()
    for c in (f"ip netns add {netns}", f"ip -n {netns} link set lo up", f"ip -n {netns} link add lab0 type veth peer name lab1", f"ip -n {netns} link set lab0 up", f"ip -n {netns} link set lab1 up"): sh(c)
    for n in range(1, 255): sh(f"ip -n {netns} addr add 198.51.100.{n}/24 dev lab0") if n <= 2 * len(LAB) + 12 else None
    truth, left_out, wait = [], [], 2
    target = Instance(netns, TARGET, 22, f"{DIR}/run-{netns}/target"); os.makedirs(target.folder)
    sshd = next(d for d in LAB if d["name"] == "sshd")
    if all(there(p) for p in sshd["needs"]): start(target, sshd["start"](target))
    n = 10
    for d in LAB:
        if only and d["name"] not in only: continue
        missing = [p for p in d["needs"] if not there(p)]
        if missing: left_out.append(dict(name=d["name"], missing=missing)); continue
        for port in (d["usual"], d["moved"]):
            if port is None: continue
            i = Instance(netns, f"198.51.100.{n}", port, f"{DIR}/run-{netns}/{d['name']}-{port}"); n += 1
            os.makedirs(i.folder); os.chmod(i.folder, 0o777)
            start(i, d["start"](i)); wait = max(wait, d["wait"] + 2)
            truth.append(dict(name=d["name"], protocol=d["protocol"], address=i.address, port=port, moved=port != d["usual"], services=d["services"], never=d["never"], package=d["package"]))
            for extra in i.extra: truth.append(dict(name=d["name"], moved=port != d["usual"], package=None, **extra))
    sniffer = Instance(netns, "", 0, f"{DIR}/run-{netns}/sniffer"); os.makedirs(sniffer.folder)
    if there("tcpdump") and not only: start(sniffer, ["tcpdump", "-i", "lab0", "-w", "/dev/null", "-Z", "root"])
    stands = lambda t, now: any((t["protocol"], a, t["port"]) in now for a in (t["address"], "0.0.0.0", "*"))
    # What needs a moment more than its port says, says so by `wait`; a loaded machine is given more, until nothing new comes up.
    time.sleep(wait + 4)
    now, since = listening(netns), time.monotonic()
    while not all(stands(t, now) for t in truth) and time.monotonic() < since + 6:
        time.sleep(0.5)
        if listening(netns) != now: now, since = listening(netns), time.monotonic()
    down_ = [f"{t['name']} {t['protocol']}/{t['port']}" for t in truth if not stands(t, now)]
    print(json.dumps(dict(netns=netns, listeners=[t for t in truth if stands(t, now)], leftOut=left_out, notUp=down_), indent=1))


def down(netns):
    if os.path.exists(f"/run/netns/{netns}"):
        # One that forks while it is ended gives new ones.
        for sig in (signal.SIGTERM, *[signal.SIGKILL] * 20):
            pids = sh(f"ip netns pids {netns}").stdout.split()
            for pid in pids:
                try: os.kill(int(pid), sig)
                except ProcessLookupError: pass
            if not pids: break
            time.sleep(1 if sig == signal.SIGTERM else 0.2)
        sh(f"ip netns del {netns}")
    shutil.rmtree(f"{DIR}/run-{netns}", ignore_errors=True)


if __name__ == "__main__":
    verb, netns = (sys.argv + ["", ""])[1:3]
    if verb == "up": up(netns or "lab", [word for word in sys.argv[3:] if word != "only"])
    elif verb == "down": down(netns or "lab")
    elif verb == "packages": print(" ".join(sorted({p for d in LAB for p in d["packages"]} - set(UNPACKED))))
    else: print(__doc__)
