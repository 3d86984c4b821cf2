/**
 * Programs by the base name of their executable, script, module, jar or applet, one a line:
 *
 *   NAMES | SERVICES | PRODUCT | KIND
 *
 * SERVICES are those of the one list (`lib/services`) that the program answers with; where there are several, the port chooses, and the first
 * is meant where the port is none of theirs. `-`: it serves nothing itself. `=`: it holds sockets for others. PRODUCT: how people call the program; empty: the first name. KIND `i`:
 * it is, or may be, a script or runs in a virtual machine; a script called as any other program is proves nothing.
 */
export const PROGRAMS = `
iperf iperf3|iperf|
monit|monit|Monit
supervisord circusd|supervisor|Supervisor|i
OrthancServer Orthanc orthanc dcmqrscp storescp dcm4chee|dicom http|Orthanc
poppassd|poppassd|
vmware-authd vmware-hostd|vmware-auth https|VMware
nessusd openvasd gsad|nessus https|
wazuh-analysisd|wazuh-agent|Wazuh
qemu-storage-daemon|nbd|QEMU
diod u9fs|9p|
Rserve Rserve.dbg rserve|rserve|Rserve
chromium chrome google-chrome brave msedge electron chromium-browser headless_shell|chrome-devtools-protocol|Chromium
riak|riak erlang-distribution|Riak|i
celery flower|celery-flower|Celery Flower|i
torchserve org.pytorch.serve.ModelServer|torchserve|TorchServe|i
open-webui open_webui|open-webui|Open WebUI|i
zipkin zipkin-server|zipkin|Zipkin|i
teamcity jetbrains.buildServer|teamcity|TeamCity|i
pveproxy|proxmox|Proxmox|i
spiceproxy|spiceproxy|Proxmox|i
openafs fileserver volserver vlserver ptserver bosserver|afs|OpenAFS
steam|steam-remote|Steam
monerod|monero|Monero
netopeer2-server netopeer-server sysrepo-netconf|netconf|
saphostexec disp+work sapstart|sap|SAP
gwrd|sap-gateway|SAP
hdbindexserver hdbnameserver|saphana|SAP HANA
oninit|informix|Informix
teamserver|cobaltstrike|Cobalt Strike|i
msfrpcd msfconsole|metasploit|Metasploit|i
gnugk ohphone|h323|
codesyscontrol codesyscontrol.bin|codesys|CODESYS
iec104-server lib60870 iec60870server|iec104|
mavproxy mavproxy.py mavlink-routerd|mavlink|MAVLink|i
hapi mirth com.mirth.connect.server.Mirth|hl7 http|Mirth Connect|i
pen|tcp-relay|
pppd pppoe-server|-|
nfcapd nfdump sfcapd|nfdump ipfix sflow|nfdump
exabgp|bgp||i
twistd-portforward|tcp-relay|Twisted|i
twistd-socks|socks|Twisted|i
twistd-dns|dns|Twisted|i
amqtt hbmqtt aedes aedes-cli|mqtt mqtts||i
maildev|smtp http|MailDev|i
aiosmtpd python:smtpd haraka|smtp submission||i
twistd-conch twistd-conch_nacl|ssh|Twisted|i
twistd-manhole|telnet ssh|Twisted|i
twistd-telnet|telnet|Twisted|i
twistd-words|irc|Twisted|i
twistd-mail|smtp pop3|Twisted|i
twistd-news|nntp|Twisted|i
ptftpd py3tftp tftpy|tftp||i
in.telnetd telnetd utelnetd inetutils-telnetd telnetd.netkit telnetd-ssl in.telnetd-ssl|telnet telnets|telnetd
in.ftpd ftpd bftpd uftpd inetutils-ftpd linux-ftpd ftpd-ssl|ftp ftps|ftpd
vsftpd|ftp ftps|
proftpd|ftp ftps|ProFTPD
pure-ftpd pure-ftpd-mysql pure-ftpd-ldap pure-ftpd-postgresql|ftp ftps|Pure-FTPd
pyftpdlib pyftpdlib.__main__ ftpserver sfk crushftp filezilla-server|ftp|pyftpdlib|i
twistd-ftp|ftp|Twisted|i
in.tftpd tftpd atftpd dnsmasq-tftp utftpd|tftp|
in.rshd rshd inetutils-rshd rsh-redone-rshd|rsh|rshd
in.rlogind rlogind inetutils-rlogind rsh-redone-rlogind|rlogin|rlogind
in.rexecd rexecd inetutils-rexecd|rexec|rexecd
in.fingerd fingerd efingerd cfingerd xfingerd ffingerd inetutils-fingerd|finger|fingerd
in.talkd in.ntalkd talkd ntalkd inetutils-talkd|talk|talkd
in.comsat comsat|comsat|
in.identd identd oidentd pidentd nullidentd ident2|ident|identd
in.timed rdated|time|
in.rwhod rwhod|rwho|
in.uucpd uucico uucpd|uucp|
imaplogin imap4d|imap imaps|
courierpop3login courierpop3d pop3d pop3d-ssl|pop3 pop3s|
in.qpopper popper qpopper popa3d ipop3d solid-pop3d teapop pop3-login tpop3d|pop3 pop3s|
imap-login imapd uw-imapd imapd-ssl couriertcpd-imap|imap imaps|
managesieve-login timsieved|sieve|
submission-login|submission|
dovecot|imap pop3 imaps pop3s sieve lmtp submission|Dovecot
cyrmaster cyrus-master|imap pop3 imaps pop3s sieve lmtp nntp|Cyrus IMAP
lmtpd lmtp|lmtp|
Xorg Xorg.bin Xorg.wrap X Xvfb Xephyr Xnest Xwayland Xwrapper XWin Xquartz Xdummy Xfbdev|x11|
Xvnc Xtigervnc Xtightvnc Xrealvnc Xvnc4 Xvnc-core Xvncserver Xkasmvnc Xvnc3 Xtightvncserver|vnc vnc-http x11|
x11vnc x0vncserver X0tigervnc vncserver-x11 vncserver-x11-core vino-server krfb wayvnc gnome-remote-desktop-daemon-vnc linuxvnc vnc4server neatvncd x0tigervncserver weston-vnc grdctl|vnc vnc-http|
nxagent nxserver nxd|x2go x11|NX
xfs xfstt|xfs|
xdm gdm gdm3 lightdm sddm wdm slim kdm|xdmcp|
sshd sshd-session sshd-auth|ssh|OpenSSH
dropbear dropbearmulti|ssh|Dropbear
tinysshd tinyssh lshd sftpgo bastillion sshpiperd|ssh|
mosh-server|-|mosh
rpcbind portmap rpc.portmap|rpcbind|rpcbind
rpc.statd statd|status|rpc.statd
rpc.mountd mountd|mountd|rpc.mountd
rpc.rquotad|rquotad|
rpc.nfsd unfsd ganesha.nfsd nfs-ganesha|nfs mountd nlockmgr|
rpc.idmapd rpc.gssd rpc.svcgssd blkmapd|-|
rpc.rstatd rpc.rusersd rpc.rwalld rpc.sprayd rpc.walld rpc.ugidd rpc.bootparamd|rpc|
ypserv rpc.ypserv ypbind rpc.ypbind rpc.yppasswdd yppasswdd rpc.ypxfrd ypxfrd rpc.ypupdated|nis|
snmpd snmpd.real|snmp smux agentx|Net-SNMP
snmptrapd snmptt|snmp-trap|Net-SNMP
smbd ksmbd.mountd|smb|Samba
nmbd|netbios-ns netbios-dgm|Samba
samba samba-dcerpcd|ldap kerberos kpasswd dns smb msrpc ldaps ldap-gc ldaps-gc cldap|Samba AD
winbindd|smb|Samba
smbserver impacket-smbserver smbserver.py|smb|impacket|i
wsdd wsdd2|ws-discovery wsdapi llmnr||i
xrdp gnome-remote-desktop-daemon freerdp-shadow-cli grd|rdp|
slapd ns-slapd glauth openldap|ldap ldaps|
krb5kdc kdc heimdal-kdc|kerberos|Kerberos KDC
kadmind kpasswdd|kerberos-admin kpasswd|Kerberos
master smtpd postscreen qmgr|smtp submission smtps lmtp|Postfix
exim exim4|smtp submission smtps|Exim
sendmail sendmail-mta sendmail.sendmail opensmtpd nullmailer qmail-smtpd courieresmtpd msmtpd mailpit mailhog inbucket maddy|smtp submission smtps|
amavisd amavisd-new amavis|smtp|amavisd|i
postgrey policyd-spf policyd-weight policyd cbpolicyd postfwd|postfix-internal||i
spamd spamassassin|spamd|SpamAssassin|i
rspamd|rspamd|
clamd clamav-daemon|clamd|ClamAV
opendkim opendmarc clamav-milter milter-greylist dkim-filter|opendkim|
redis-server redis-check-rdb redis-check-aof redis valkey-server valkey keydb-server keydb dragonfly kvrocks redict-server garnet|redis redis-cluster|Redis
redis-sentinel valkey-sentinel|redis-sentinel redis|Redis Sentinel
memcached|memcached|
mongod mongos|mongodb mongodb-http|MongoDB
postgres postmaster pg_ctl|postgresql|PostgreSQL
pgbouncer pgpool odyssey pgcat|pgbouncer|
mysqld mysqld-debug mysqld_safe mysql-server|mysql mysqlx|MySQL
proxysql mysqlrouter maxscale|mysql mysqlx|
mariadbd mariadbd-safe|mysql|MariaDB
sqlservr|mssql|SQL Server
tnslsnr|oracle|Oracle listener
oracle|oracle|Oracle Database
db2sysc|db2|Db2
fbserver firebird fb_inet_server|firebird|Firebird
couchdb|couchdb erlang-distribution|CouchDB|i
influxd influxdb influxdb3|influxdb influxdb-rpc|InfluxDB
clickhouse clickhouse-server|clickhouse clickhouse-native mysql postgresql|ClickHouse
etcd|etcd etcd-peer|
consul|consul consul-tls consul-dns consul-serf consul-rpc|Consul
nomad|nomad nomad-rpc|Nomad
vault bao openbao|vault vault-cluster|Vault
neo4j|neo4j|Neo4j|i
arangod|arangodb|ArangoDB
rethinkdb|rethinkdb|RethinkDB
cockroach|cockroachdb|CockroachDB
tarantool|tarantool|
tidb-server|tidb|TiDB
questdb|questdb|
victoria-metrics victoria-metrics-prod vmsingle|victoriametrics|VictoriaMetrics
meilisearch|meilisearch|
typesense-server|typesense|
qdrant|qdrant|
milvus|milvus|
weaviate|weaviate|
chroma chroma.app|chroma||i
searchd|sphinx mysql|Sphinx
fdbserver|foundationdb|FoundationDB
asd|aerospike|Aerospike
dgraph|dgraph|
elasticsearch org.elasticsearch.bootstrap.Elasticsearch org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch org.opensearch.bootstrap.OpenSearch|elasticsearch elasticsearch-transport|Elasticsearch|i
kibana opensearch-dashboards|kibana|Kibana|i
org.logstash.Logstash logstash|logstash|Logstash|i
fluentd fluent-bit td-agent td-agent-bit|fluentd syslog metrics|Fluentd|i
vector|fluentd syslog|Vector
graylog org.graylog2.bootstrap.Main|graylog syslog http|Graylog|i
splunkd|splunk http|Splunk
loki|loki|Loki
promtail|metrics|Promtail
jaeger jaeger-all-in-one|jaeger|Jaeger
otelcol otelcol-contrib otel-collector|otlp metrics|OpenTelemetry Collector
prometheus|prometheus|Prometheus
pushgateway prometheus-pushgateway|prometheus-pushgateway|Pushgateway
alertmanager prometheus-alertmanager|alertmanager alertmanager-cluster|Alertmanager
node_exporter prometheus-node-exporter|node-exporter|node_exporter
blackbox_exporter mysqld_exporter postgres_exporter redis_exporter process_exporter snmp_exporter nginx-prometheus-exporter apache_exporter memcached_exporter haproxy_exporter cadvisor_exporter statsd_exporter windows_exporter dcgm-exporter kube-state-metrics|metrics|
telegraf|statsd metrics|Telegraf
statsd statsite|statsd|
collectd|collectd|
carbon-cache carbon-relay carbon-c-relay|graphite|Graphite Carbon|i
gmond gmetad|ganglia|Ganglia
grafana grafana-server|grafana|Grafana
netdata|netdata statsd|Netdata
zabbix_agentd zabbix_agent2 zabbix_agent|zabbix-agent|Zabbix agent
zabbix_server zabbix_proxy|zabbix-server|Zabbix
nrpe|nrpe|
nsca|nsca|
munin-node|munin|Munin|i
check_mk_agent cmk-agent-ctl check-mk-agent|checkmk-agent|Checkmk
pmcd pmproxy pmlogger|pcp|Performance Co-Pilot
cockpit-ws cockpit-tls|cockpit|Cockpit
miniserv webmin usermin|webmin|Webmin|i
jenkins hudson|jenkins|Jenkins|i
gitea forgejo gogs|gitea ssh|
gitlab-workhorse|gitlab|GitLab
git-daemon git|git|git daemon
svnserve|svn|Subversion
cvs cvspserver cvsd|cvs|
hg|http|Mercurial|i
artifactory|artifactory||i
nexus org.sonatype.nexus.karaf.NexusMain|nexus|Nexus|i
org.sonar.application.App sonarqube|sonarqube|SonarQube|i
minio|minio|MinIO
weed|seaweedfs|SeaweedFS
registry docker-registry|docker-registry|Docker registry
portainer|portainer|Portainer
traefik|http https traefik|Traefik
haproxy|http https haproxy-stats|HAProxy
envoy|http https envoy-admin|Envoy
varnishd|http varnish-admin|Varnish
squid squid3|squid icp|Squid
tinyproxy privoxy polipo cntlm|http-connect-proxy|
3proxy|socks http-connect-proxy|3proxy
sockd danted microsocks srelay ss5 go-socks5-proxy|socks|
tor|tor-socks tor tor-control dns|Tor
ss-server shadowsocks-server ssserver|shadowsocks|Shadowsocks
ss-local sslocal|socks|Shadowsocks
ss-redir ss-tunnel ss-nat|tcp-relay|Shadowsocks
nginx nginx-debug openresty tengine angie freenginx|http https http3|nginx
apache2 httpd httpd2 apache|http https|Apache httpd
lighttpd lighttpd-angel|http https|lighttpd
caddy|http https http3 caddy-admin|Caddy
thttpd mini_httpd boa webfs webfsd darkhttpd nweb monkey busybox-httpd althttpd bozohttpd nginx-light fossil esbuild hiawatha cherokee mathopd micro-httpd micro_httpd uhttpd civetweb fnord quark merecat lwan h2o sws static-web-server miniserve dufs simple-http-server httpfs alevtd ocsigenserver groonga-httpd didiwiki nghttpd mongrel2 owhttpd droopy woof servefile iisemulator|http https|
http-server serve live-server local-web-server ws verdaccio redis-commander mongo-express cherrypy esbuild-serve deno-serve wrangler workerd miniflare|http||i
http.server SimpleHTTPServer CGIHTTPServer wsgiref wsgiref.simple_server xmlrpc.server pydoc pydoc3 gunicorn gunicorn3 uvicorn uvicorn.__main__ hypercorn daphne flask waitress-serve waitress uwsgi-http werkzeug bottle cherryd twistd-web twistd3-web sanic aiohttp.web tornado manage django-admin radicale trac tracd mkdocs sphinx-autobuild pypi-server devpi-server moto_server granian mod_wsgi-express httpbin datasette searx|http||i
yaws puma unicorn thin rackup passenger rails jekyll middleman starman plackup twiggy hypnotoad morbo artisan symfony frankenphp roadrunner rr|http https||i
php-S|http https|PHP built-in web server|i
ruby-httpd webrick|http https|WEBrick|i
next next-server vite webpack-dev-server webpack react-scripts ng nuxt astro parcel gatsby hugo json-server browser-sync nodemon-http eleventy docusaurus|http||i
org.apache.catalina.startup.Bootstrap catalina tomcat|http https ajp|Apache Tomcat|i
org.eclipse.jetty.start.Main jetty jboss-modules org.jboss.modules.Main wildfly io.undertow payara-micro glassfish org.springframework.boot.loader.JarLauncher org.springframework.boot.loader.launch.JarLauncher com.caucho.server.resin.Resin|http https ajp||i
weblogic.Server|weblogic|WebLogic|i
php-fpm php-cgi php-fcgi|fastcgi|PHP-FPM
fcgiwrap spawn-fcgi|fastcgi|
uwsgi uwsgi-core|uwsgi http|uWSGI
org.apache.zookeeper.server.quorum.QuorumPeerMain org.apache.zookeeper.server.ZooKeeperServerMain|zookeeper zookeeper-quorum jmx http|ZooKeeper|i
kafka.Kafka kafka.server.KafkaServer|kafka jmx|Kafka|i
org.apache.kafka.connect.cli.ConnectDistributed|kafka-connect jmx|Kafka Connect|i
io.confluent.kafka.schemaregistry.rest.SchemaRegistryMain|schema-registry|Schema Registry
org.apache.cassandra.service.CassandraDaemon|cassandra cassandra-internode cassandra-thrift jmx|Cassandra|i
org.apache.solr.cli.SolrCLI solr|solr|Solr|i
activemq org.apache.activemq.console.Main|activemq activemq-web amqp stomp mqtt|ActiveMQ|i
artemis org.apache.activemq.artemis.boot.Artemis|activemq amqp stomp mqtt|ActiveMQ Artemis|i
org.apache.hadoop.hdfs.server.namenode.NameNode|hadoop-namenode|HDFS NameNode|i
org.apache.hadoop.hdfs.server.datanode.DataNode|hadoop-datanode|HDFS DataNode|i
org.apache.hadoop.yarn.server.resourcemanager.ResourceManager org.apache.hadoop.yarn.server.nodemanager.NodeManager|yarn|YARN|i
org.apache.spark.deploy.master.Master org.apache.spark.deploy.worker.Worker org.apache.spark.deploy.SparkSubmit|spark|Spark|i
org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint|flink|Flink|i
org.apache.hive.service.server.HiveServer2|hive|Hive|i
org.neo4j.server.CommunityEntryPoint org.neo4j.server.Neo4jCommunity|neo4j|Neo4j|i
org.h2.tools.Server|http|H2|i
rmiregistry sun.rmi.registry.RegistryImpl|rmi||i
rabbitmq rabbitmq-server|amqp amqps rabbitmq-management erlang-distribution stomp mqtt|RabbitMQ|i
ejabberd|xmpp xmpp-server xmpp-bosh erlang-distribution|ejabberd|i
prosody|xmpp xmpp-server xmpp-bosh|Prosody|i
epmd|epmd|
nats-server gnatsd|nats http|NATS
nsqd nsqlookupd|nsq|NSQ
beanstalkd|beanstalkd|
gearmand|gearman|
qpidd|amqp|Qpid
pulsar|pulsar|Pulsar
mosquitto vernemq emqx nanomq hivemq|mqtt mqtts mqtt-sn|
coap-server coap-server-notls coap-server-openssl coap-server-gnutls coap-server-mbedtls aiocoap-fileserver|coap coaps|
dockerd docker-containerd|docker docker-tls docker-swarm|Docker
containerd|containerd|
crio|crio|CRI-O
podman|podman|Podman
lxd incusd|lxd|LXD
libvirtd virtproxyd|libvirt libvirt-tls|libvirt
kubelet|kubelet kubelet-readonly kubelet-healthz|
kube-apiserver|kubernetes-api kubernetes-api-insecure|
kube-proxy|kube-proxy|
kube-scheduler|kube-scheduler|
kube-controller-manager|kube-controller-manager|
k3s k3s-server k3s-agent rke2 k0s microk8s|kubernetes-api kubelet kubelet-readonly kubelet-healthz kube-proxy kube-scheduler kube-controller-manager etcd etcd-peer|
calico-node felix calico-felix|calico-felix|Calico
cadvisor|cadvisor|cAdvisor
qemu-system-x86_64 qemu-system-aarch64 qemu-system-arm qemu-system-i386 qemu-system-ppc64 qemu-system-riscv64 qemu-system-s390x qemu-kvm kvm|vnc spice qemu-monitor gdbserver serial-server|QEMU
qemu-nbd nbd-server nbdkit|nbd|
tgtd|iscsi|tgt
iscsid|-|open-iscsi
isnsd|isns|
ceph-mon|ceph-mon|Ceph
ceph-osd ceph-mds ceph-mgr|ceph-osd|Ceph
radosgw|http|Ceph RGW
glusterd glusterfsd glusterfs|glusterd|GlusterFS
named named-pkcs11 bind9|dns dns-over-tls rndc http|BIND
unbound|dns dns-over-tls unbound-control|Unbound
aardvark-dns|dns|
dnsmasq|dns dhcp-server tftp dhcpv6-server|dnsmasq
systemd-resolved systemd-resolve|dns llmnr mdns|systemd-resolved
pdns_server pdns_recursor powerdns pdns|dns http|PowerDNS
knotd kresd nsd yadifad gdnsd rbldnsd|dns dns-over-tls dns-control|
dnsdist|dns dns-over-tls dns-control http|
coredns maradns Deadwood tinydns dnscache axfrdns rbldns dnscrypt-proxy stubby djbdns dnsd curvedns dqcache dnss dnsproxy smartdns blocky pihole-FTL AdGuardHome technitium|dns dns-over-tls http|
avahi-daemon mDNSResponder mdnsd mdns-repeater avahi-dnsconfd|mdns|Avahi
avahi-autoipd|-|
systemd-timesyncd|ntp|
systemd-networkd|dhcp-client dhcpv6-client dhcp-server|
systemd-journal-gatewayd|journal-gateway|
systemd-journal-remote|journal-remote|
systemd-importd|-|
NetworkManager nm-dhcp-helper|dhcp-client dhcpv6-client|NetworkManager
connmand|dns dhcp-client|ConnMan
openntpd|ntp|OpenNTPD
chronyd|ntp chrony-command ntske|chrony
ntpd ntpd.real xntpd ntpsec ntpdate ntpd-rs|ntp|ntpd
ptp4l phc2sys ptpd timemaster|ptp|
dhclient dhcpcd dhcpcd5 udhcpc udhcpc6 pump dhcp6c dhcpclient|dhcp-client dhcpv6-client|
dhcpd udhcpd kea-dhcp4 kea-dhcp6 dhcpd-pools isc-dhcpd dhcpy6d dhcp6s|dhcp-server dhcpv6-server dhcp-failover|
kea-ctrl-agent|http|Kea
dhcrelay dhcp-helper dnsmasq-relay|dhcp-server|
radvd|-|
minissdpd|ssdp upnp-http|
miniupnpd upnpd|upnp-http ssdp nat-pmp|MiniUPnP
minidlnad minidlna gmediaserver mediatomb gerbera rygel ushare|dlna ssdp|
slpd|slp|OpenSLP
cupsd|ipp cups-browsed|CUPS
cups-browsed|cups-browsed|
lpd lprng p910nd pnm2ppa|lpd printer-raw|
saned|sane|SANE
rsyslogd syslogd syslog-ng klogd metalog socklog|syslog syslog-tls|
rsync|rsync|
distccd distcc|distcc distcc-stats|distcc
icecc-scheduler iceccd|distcc|Icecream
apt-cacher-ng approx squid-deb-proxy|http||i
inetd inetutils-inetd openbsd-inetd xinetd rlinetd micro-inetd|=|
tcpserver ucspi-tcp ipsvd tcpsvd udpsvd couriertcpd|=|
radiusd freeradius|radius radius-accounting radsec|FreeRADIUS
tac_plus tac_plus-ng|tacacs|
openvpn|openvpn openvpn-management|OpenVPN
charon charon-systemd pluto racoon iked starter strongswan|ike ipsec-nat-t|
xl2tpd|l2tp|
pptpd|pptp|
wg-quick boringtun wireguard-go|wireguard|WireGuard
tailscaled|tailscale|Tailscale
zerotier-one|zerotier|ZeroTier
nebula|nebula|Nebula
tincd|tinc|tinc
openconnect ocserv|https openconnect|ocserv
stunnel stunnel4 stunnel5|tcp-relay|stunnel
hitch ghostunnel|tcp-relay|
sslh sslh-select sslh-ev|tcp-relay|sslh
rinetd redir simpleproxy 6tunnel balance tcpproxy portfwd gost realm tcptunnel hts htc sslsplit udptunnel redsocks wstunnel websocat dbclient plink|tcp-relay|
nutcracker twemproxy mcrouter|tcp-relay|
xymond|xymon|Xymon
xrdp-sesman|xrdp-sesman|xrdp
openssl-s_server|https|OpenSSL s_server
openssl-ocsp|http|OpenSSL ocsp
gnutls-serv|https|GnuTLS
mitmdump mitmproxy mitmweb|http-connect-proxy|mitmproxy|i
rclone-http|http https|rclone
rclone-dlna|dlna ssdp|rclone
rclone-ftp|ftp|rclone
rclone-sftp|ssh|rclone
rclone-nfs|nfs|rclone
chisel frps frpc ngrok cloudflared bore localtunnel rathole|tcp-relay|
docker-proxy rootlesskit rootlessport rootlessport-child slirp4netns pasta passt pasta.avx2 passt.avx2 gvproxy|tcp-relay|
systemd-socket-proxyd|tcp-relay|
coturn turnserver|stun turns coturn-cli|coturn
asterisk freeswitch kamailio opensips baresip linphone sipp|sip sips iax asterisk-ami freeswitch-esl http|
murmurd mumble-server|mumble|Mumble
ts3server|teamspeak|TeamSpeak
unrealircd ircd inspircd ngircd ircd-hybrid ergo charybdis solanum bitlbee znc irc|irc ircs|
innd nnrpd leafnode|nntp nntps|
icecast2 icecast|icecast|Icecast
mpd|mpd http|
mopidy|http mpd|Mopidy|i
pulseaudio|pulseaudio|
pipewire-pulse|pulseaudio|
mediamtx rtsp-simple-server live555MediaServer|rtsp rtmp|
Plex|plex|Plex
jellyfin emby|jellyfin|Jellyfin
snapserver|snapcast|
spotifyd librespot|spotify-connect mdns|
ControlCenter ControlCe AirPlayXPCHelper shairport-sync|airplay mdns|
transmission-daemon transmission-gtk transmission-qt|transmission bittorrent ssdp|Transmission
deluged|bittorrent deluge-rpc ssdp|Deluge|i
deluge qbittorrent qbittorrent-nox rtorrent ktorrent|bittorrent torrent-web http||i
deluge-web|torrent-web|Deluge|i
aria2c|bittorrent aria2-rpc|aria2
syncthing|syncthing-gui syncthing syncthing-discovery|Syncthing
dropbox|dropbox-lansync|Dropbox
kdeconnectd|kdeconnect|KDE Connect
teamviewerd|teamviewer|TeamViewer
anydesk|anydesk|AnyDesk
bitcoind bitcoin-qt|bitcoin bitcoin-rpc|Bitcoin
geth|ethereum ethereum-rpc|
ipfs|ipfs ipfs-api http|
ollama|ollama|Ollama
llama-server llama.cpp|llama-server|llama.cpp
vllm vllm.entrypoints.openai.api_server vllm.entrypoints.api_server|vllm|vLLM|i
lms lm-studio|lm-studio|
raylet gcs_server ray ray.dashboard.dashboard|ray ray-dashboard|Ray|i
mlflow mlflow.server mlflow.cli|mlflow|MLflow|i
tensorboard tensorboard.main|tensorboard|TensorBoard|i
tensorflow_model_server|tensorflow-serving|TensorFlow Serving
tritonserver|triton|Triton
streamlit streamlit.web.cli|streamlit|Streamlit|i
gradio|gradio|Gradio|i
comfyui|comfyui|ComfyUI|i
dask-scheduler dask-worker|dask|Dask|i
mcp fastmcp mcp-server supergateway mcp-proxy|mcp||i
jupyter jupyter-notebook jupyter-lab jupyter-server jupyter-nbclassic jupyterhub notebook jupyterlab nbclassic jupyter_server|jupyter|Jupyter|i
ipykernel_launcher ipykernel|jupyter-kernel|IPython kernel|i
rserver rsession|rstudio|RStudio
code-server openvscode-server|code-server||i
wetty butterfly|ttyd||i
ttyd gotty shellinaboxd|ttyd|
websockify novnc_proxy|websocket-proxy|websockify|i
guacd|guacamole|Guacamole
node-red|node-red|Node-RED|i
n8n|n8n|n8n|i
hass homeassistant|home-assistant|Home Assistant|i
esphome|esphome||i
salt-master|salt-master|Salt|i
puppetserver puppet-master puppetserver-release|puppet|Puppet|i
rundeck|rundeck||i
cf-serverd|cfengine|
wazuh-remoted ossec-remoted wazuh-authd|wazuh-agent|Wazuh
gdbserver|gdbserver|
dlv|delve|Delve
debugpy debugpy.adapter ptvsd|debugpy|debugpy|i
lldb-server|lldb-server|
adb adbd|adb|Android debug bridge
chromedriver geckodriver selenium-server|http|
mbserver modbus-server diagslave modbustcp pymodbus.server pymodbus modbus-tcp-server|modbus||i
snap7 s7server snap7-server|s7||i
opendnp3 dnp3-outstation|dnp3|
bacserv bacnet-stack bacrp|bacnet|
enip_server cpppo cpppo.server.enip|ethernet-ip||i
opcua-server open62541 uaserver|opcua||i
conpot|modbus s7 snmp bacnet ethernet-ip http ftp tftp ipmi|Conpot|i
knxd eibd|knx|
ipmi_sim bmc-watchdog|ipmi|
bgpd|bgp frr-daemon|FRR
openbgpd|bgp|OpenBGPD
zebra|zebra frr-daemon|FRR
ripd|rip frr-daemon|FRR
ripngd|ripng frr-daemon|FRR
ldpd|ldp frr-daemon|FRR
bfdd|bfd frr-daemon|FRR
babeld|babel babel-control frr-daemon|
ospfd ospf6d isisd staticd pimd pim6d eigrpd fabricd nhrpd pbrd pathd sharpd vrrpd watchfrr|frr-daemon|FRR
bird bird6|bgp rip bfd babel|BIRD
gobgpd|bgp|
keepalived|vrrp|
corosync|corosync|
pcsd|pcsd||i
pacemakerd pacemaker-remoted|corosync|Pacemaker
ovs-vswitchd ovsdb-server|openflow ovsdb|Open vSwitch
gpsd|gpsd|
upsd|nut|NUT
apcupsd|nut|apcupsd
hddtemp|hddtemp|
dictd|dict|
gopherd pygopherd geomyidae gophernicus|gopher||i
whoisd jwhoisd|whois|
hylafax hfaxd faxq|hylafax|
darkstat|http|darkstat
garbd|galera|Galera arbitrator
iodined dns2tcpd dnscat|dns-tunnel|
dbus-daemon dbus-broker|dbus|D-Bus
owserver|owserver|
iiod|iiod|
lircd|lirc|LIRC
remctld|remctl|
sks onak hockeypuck|hkp|
rrdcached|rrdcached|
gkrellmd|gkrellm|GKrellM
vpnserver vpnbridge|softether|SoftEther
supernode n2n-supernode|n2n|n2n
fastd|fastd|
bearerbox smsbox wapbox|kannel|Kannel
partimaged|partimage|Partimage
taskd|taskd|Taskserver
jackd jackdbus|netjack|JACK
sndiod|sndio|
nasd|nasd|
scsynth supernova|osc|SuperCollider
sysrqd|sysrq|
synergys barriers|remote-help|
shibd|shibd|Shibboleth
debuginfod|debuginfod|
c-icap|icap|c-icap
fort stayrtr routinator gortr octorpki rpki-client|rpki-rtr http|
freediameterd freeDiameterd|diameter|freeDiameter
slurmctld slurmd slurmdbd|slurm|Slurm
slurmrestd|http|Slurm
rtl_tcp|rtl-tcp|
aprsc|aprs|
tangd|http|Tang
radsecproxy|radius radius-accounting radsec|
nyancat nyancat-server|telnet|
procServ|telnet|procServ
sshesame endlessh cowrie|ssh||i
bip dircproxy plum nadoka|irc||i
perdition imapproxyd up-imapproxy|imap pop3 imaps pop3s|
spampd clamsmtpd proxsmtpd chasquid qpsmtpd qpsmtpd-forkserver qpsmtpd-prefork|smtp lmtp||i
rusersd bootparamd|rpc|
synapse synapse.app.homeserver dendrite conduit|matrix||i
freeciv-server minetestserver armagetronad-dedicated armagetronad-server blobby-server bzfs teeworlds_srv teeworlds-server crossfire-server liquidwar6-server openttd hedgewars-server pokerth_server monopd wesnothd warzone2100 0ad supertuxkart tetrinetx widelands sauer_server cube2-server ddnet-server pioneers-server-console|game-server|
pagekite pagekite.py|tcp-relay||i
obfs4proxy|tor|
amandad|amanda|Amanda
bacula-dir bareos-dir|bacula-dir|
bacula-fd bareos-fd|bacula-fd|
bacula-sd bareos-sd|bacula-sd|
afpd netatalk cnid_metad|afp|Netatalk
fakepop|pop3|
chargend|chargen|
xpra|xpra||i
minecraft minecraft_server paper spigot bedrock_server|minecraft|Minecraft|i
nc nc.openbsd nc.traditional ncat netcat|netcat|netcat
socat|tcp-relay|socat
ntopng|http|ntopng
nfacctd sfacctd pmbmpd pmtelemetryd|nfdump ipfix sflow|pmacct
tcpdump tshark dumpcap wireshark ngrep tcpflow dsniff ettercap sniffit snort suricata zeek arpwatch iftop nethogs iptraf-ng p0f softflowd pmacctd sniffglue bettercap responder|-|
lldpd lldpad ladvd|-|
wpa_supplicant hostapd iwd arping arpd arp-scan|-|
netperf netserver nuttcp sockperf ttcp|-|
cargo go make bash sh dash zsh ksh fish tcsh csh sleep cat tail head less tee yes true false watch sudo su screen tmux tmux-server env nohup setsid timeout strace gdb vim vi nano man top htop|-|
systemd launchd svchost init runit runsvdir s6-supervise s6-svscan openrc-init dumb-init tini catatonit docker-init conmon containerd-shim containerd-shim-runc-v2 shim|=|
hbbs hbbr rustdesk|rustdesk|RustDesk
mfsmaster mfschunkserver|moosefs|MooseFS
salt-api|salt-api|Salt
airflow|airflow|Apache Airflow
langflow|langflow|Langflow
ser2net conserver|serial-server|
rosmaster roscore|ros|ROS
socketcand|socketcand|
sushy-emulator redfish-emulator redfish-mockup-server|redfish|
lmgrd|flexlm|FlexNet
ndmpd|ndmp|
ioq3ded ioquake3 ioquake3-server quake3 quake3-server q3ded nexuiz-dedicated xonotic-dedicated darkplaces|quake|
srcds_linux srcds_run hlds_linux hlds_run|steam-query|
amuled amule|ed2k kad|aMule
i2pd i2prouter|i2p|I2P
v2ray xray sing-box|v2ray|
`;
