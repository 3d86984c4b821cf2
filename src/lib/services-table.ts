/**
 * The one list of services, one a line:
 *
 *     NAME | IANA NAME | ALIASES | PORTS | NATURE
 *
 * NAME is what people say. Ports stand after the letter of their transport (`t` tcp, `u` udp, `b` both, `s` sctp, `v` vsock); the first line
 * that holds a port is what the port stands for. A `~` before the letter: often found there, but the port alone says nothing. NATURE: `c` speaks in
 * clear text, `e` encrypts always. Ports are those of IANA's registry and of the programs' own manuals.
 */
export const SERVICES = `
tcpmux|tcpmux||t1|c
echo|echo||b7|c
discard|discard|sink,null|b9|c
systat|systat|users|t11|c
daytime|daytime||b13|c
netstat|netstat||t15|c
qotd|qotd|quote|b17|c
chargen|chargen|ttytst,source,character-generator|b19|c
ftp-data|ftp-data||~t20|c
ftp|ftp|ftpd|t21 ~t2121|c
ssh|ssh|sshd,secure-shell|t22 ~t2222|e
telnet|telnet|telnetd|t23 ~t2323|c
smtp|smtp|mail,mta|t25 ~t2525|
submission|submission|msa|t587|
smtps|submissions|ssmtp,urd|t465|e
time|time|timserver,rdate|b37|c
whois|whois|nicname|t43|c
tacacs|tacacs|tacacs-plus,tacplus|b49|
dns|domain|named,nameserver|b53|c
dns-over-tls|domain-s|dot|t853|e
dns-over-quic||doq|u853|e
dhcp-server|bootps|dhcps,dhcpd|u67|c
dhcp-client|bootpc|dhcpc,dhcp|u68|c
dhcpv6-client|dhcpv6-client||u546|c
dhcpv6-server|dhcpv6-server||u547|c
tftp|tftp|tftpd|u69|c
gopher|gopher||t70|c
finger|finger|fingerd|t79|c
http|http|www,www-http,web,httpd,http-server|t80 t8080 t8000 t8008 t8081 ~t8088 ~t8888 ~t3000 ~t5000 ~t9000 ~t8001 ~t8090 ~t4000 ~t81|c
https|https|http-tls,https-server|t443 t8443 ~t4443 ~t9443|e
http3||quic,h3|u443 ~u80 ~u8443|e
kerberos|kerberos|krb5,kerberos-sec,kerberos5,kdc|b88|
kerberos-admin|kerberos-adm|kadmin|t749|
kpasswd|kpasswd||b464|
s7|iso-tsap|s7comm,tsap,siemens-s7|t102|c
dicom|acr-nema|dicom-alt|t104 t11112 ~t4242|c
poppassd|poppassd||t106|c
pop3|pop3|pop-3|t110|c
pop3s|pop3s||t995|e
rpcbind|sunrpc|portmap,portmapper,rpc.bind|b111|c
ident|auth|authentication,tap,identd|t113|c
nntp|nntp|news|t119|c
nntps|nntps|snntp|t563|e
ntp|ntp|ntpd|u123|c
ntske|ntske|nts-ke|~t4460|e
msrpc|epmap|loc-srv,dce-rpc,rpc-endpoint-mapper|t135|
netbios-ns|netbios-ns|nmbd,nbns|b137|c
netbios-dgm|netbios-dgm||u138|c
smb|microsoft-ds|cifs,samba,smbd,netbios-ssn|t445 t139 ~u445|
imap|imap|imap2,imap4|t143|c
imaps|imaps||t993|e
snmp|snmp|snmpd,snmp-agent|u161 ~t161|c
snmp-trap|snmptrap|snmp-trap,snmptrapd|u162 ~t162|c
agentx|agentx||t705|c
xdmcp|xdmcp||u177|c
bgp|bgp|bgpd|t179|c
smux|smux||t199|c
ptp|ptp-event|ptp-general,ptp4l|u319 u320|c
chrony-command||chronyc,cmdmon,chronyd,chrony|u323|c
ldap|ldap|slapd|t389 ~t1389|c
cldap||ldap-udp,connectionless-ldap|u389|c
ldaps|ldaps||t636|e
ldap-gc|msft-gc|globalcatalog|t3268|c
ldaps-gc|msft-gc-ssl||t3269|e
slp|svrloc|slpd,openslp|b427|c
ike|isakmp|ipsec,ikev2|u500|e
ipsec-nat-t|ipsec-nat-t|ike-nat-t|u4500|e
modbus|mbap|modbus-tcp|t502|c
modbus-tls|mbap-s||t802|e
rexec|exec|rexecd|t512|c
comsat|biff||u512|c
rlogin|login|rlogind|t513|c
rwho|who|whod,rwhod|u513|c
rsh|shell|rshd,cmd,rcmd,remsh|t514|c
syslog|syslog|syslogd,rsyslog|u514 ~t514 t601|c
syslog-tls|syslog-tls||t6514|e
rndc|rndc|bind-control|t953|
unbound-control|ub-dns-control||t8953|
distcc-stats|||~t3633|c
rds||rds_tcp|~t16385|c
tipc|tipc||u6118|c
gtp|gtp-user|gtp-u,gtp-control|u2152 ~u2123|c
sctp-over-udp|sctp-tunneling||u9899|c
dlm||o2net|~t21064 ~t7777|c
nfs-callback||nfsv4-callback||c
lpd|printer|spooler,lpr|t515|c
talk|talk|ntalk,talkd|u517 u518|c
rip|route|router,routed,ripv2|u520|c
ripng|ripng||u521|c
uucp|uucp|uucpd|t540|c
klogin|klogin||t543|c
kshell|kshell|krcmd|t544|c
afp|afpovertcp|netatalk|t548|
rtsp|rtsp||t554 ~t8554|c
ipmi|asf-rmcp|rmcp,bmc|u623|
dhcp-failover|dhcp-failover||t647|c
ipp|ipp|cups,internet-printing|t631|
cups-browsed||cups-browse|u631|c
ldp|ldp||b646|c
tinc|tinc||b655|e
msdp|msdp||t639|c
lmp|lmp||u701|c
spamd|spamd|spamassassin|t783|c
rsync|rsync|rsyncd|t873|c
vmware-auth|ideafarm-door|vmauthd|~t902|
ftps|ftps||t990|e
telnets|telnets|telnet-tls|t992|e
socks|socks|socks5,socks4,socks-proxy|t1080 ~t9050|c
rmi|rmiregistry|java-rmi,rmi-registry|t1099|c
jmx||jmx-rmi|~t9010 ~t7199|c
openvpn|openvpn||b1194|e
nessus|nessus||t1241|e
mssql|ms-sql-s|sqlserver,ms-sql,sql-server|t1433|
mssql-browser|ms-sql-m|sql-browser|u1434|c
oracle|oracle-tns|oracle-listener,tns,ncube-lm|t1521|
ingreslock|ingreslock||~t1524|c
h323|h323hostcall||t1720|c
pptp|pptp||t1723|
wins|wins||b1512 ~b42|c
radius|radius|radiusd,freeradius,old-radius|u1812 u1645 ~t1812|
radius-accounting|radius-acct|radacct,old-radacct|u1813 u1646|
radsec|radsec||t2083|e
l2tp|l2tp|l2f|u1701|c
mqtt|mqtt|mosquitto|t1883|c
mqtts|secure-mqtt|mqtt-tls|t8883|e
mqtt-sn|mqtt-sn||~u1884|c
ssdp|ssdp|upnp,simple-service-discovery|u1900|c
upnp-http||minissdpd,igd|~t49152 ~t5431|c
cisco-sccp|cisco-sccp|skinny,sccp|~t2000|c
hsrp|hsrp||u1985|c
nfs|nfs|nfsd|t2049 u2049|c
mountd||rpc.mountd,nfs-mountd,rpc-mountd|~b20048|c
status||rpc.statd,statd,nsm,rpc-statd|~b662|c
nlockmgr||rpc.lockd,lockd,nlm,rpc-lockd|~t32803 ~u32769|c
rquotad||rpc.rquotad,rquota,rpc-rquotad|~b875|c
nis||ypserv,yp,yellow-pages,ypbind,yppasswdd,ypxfrd|~b834|c
rpc||onc-rpc,rpc-service||c
cpanel|infowave||~t2083 ~t2087|
iscsi|iscsi-target|iscsitgtd|t3260|c
isns|isns||t3205|c
zookeeper||zk|t2181|c
zookeeper-quorum||zookeeper-peer|~t2888 ~t3888|c
docker|docker|docker-api,dockerd|t2375|c
docker-tls|docker-s|dockerd-tls|t2376|e
docker-swarm|swarm||t2377|e
docker-registry||registry,distribution|~t5000|
etcd|etcd-client|etcd-api|t2379 ~t4001|c
etcd-peer|etcd-server||t2380|c
cvs|cvspserver||t2401|c
dict|dict|dictd|t2628|c
zebra|zebra|frr,quagga|t2601 t2600|c
frr-daemon||ripd,ripngd,ospfd,bgpd-vty,ospf6d,isisd,frr-vty|t2602-2608|c
gpsd|gpsd||t2947|c
firebird|gds-db|gds_db,interbase|t3050|
squid|ndl-aas|http-proxy,squid-http,proxy|t3128 ~t8118|c
icp|icpv2||u3130|c
grafana|||~t3000|
mysql|mysql|mariadb,mysqld|t3306|
mysqlx|mysqlx||t33060|
xymon|xymon|hobbit,bbd|~t1984|c
xrdp-sesman||sesman|~t3350|c
rdp|ms-wbt-server|xrdp,terminal-services,ms-term-serv|b3389|
nut|nut|upsd|t3493|c
stun|stun|turn,coturn|b3478|c
turns|stuns|turn-tls|t5349|e
distcc|distcc|distccd|t3632|c
daap|daap|owntone|t3689|c
svn|svn|svnserve,subversion|t3690|c
teredo|teredo||u3544|c
ws-discovery|ws-discovery|wsd,wsdd|u3702|c
wsdapi|wsdapi|wsd-http|t5357|c
nats||nats-server|t4222 ~t8222 ~t6222|c
sieve|sieve|managesieve|t4190|
lorawan-udp||semtech-udp|~u1700|c
epmd|epmd|erlang-port-mapper|t4369|c
erlang-distribution||erlang,beam|~t25672|c
iax|iax|iax2|u4569|c
vxlan|vxlan||u4789 u8472|c
geneve|geneve||u6081|c
gre-in-udp|gre-in-udp|fou|~u4754|c
munin|munin|munin-node,lrrd|t4949|c
radmin|radmin-port||t4899|
winrm|wsman|wsmans,psremoting|t5985 t5986|
sip|sip||b5060 s5060|c
sips|sip-tls||t5061|e
nat-pmp|nat-pmp|port-control-protocol|u5351 ~u5350|c
mdns|mdns|avahi,bonjour,zeroconf|u5353|c
llmnr|llmnr||b5355|c
dns-client||resolver-client||c
xmpp|xmpp-client|jabber,jabber-client|t5222|
xmpp-server|xmpp-server|jabber-server|t5269|
xmpp-bosh|xmpp-bosh||t5280|
cfengine|cfengine|cf-serverd|t5308|e
postgresql|postgresql|postgres,pgsql,postmaster|t5432 ~t5433|
pgbouncer||pgpool|t6432|
adb||android-debug-bridge|t5555|c
rplay|rplay||~u5555|c
coap|coap||u5683|c
coaps|coaps||u5684|e
nrpe|nrpe|nagios-nrpe|t5666|
nsca|nsca|nagios-nsca|t5667|
amqp|amqp|rabbitmq,qpid|t5672 s5672|c
amqps|amqps|rabbitmq-tls|t5671|e
rabbitmq-management||rabbitmq-mgmt|t15672|c
stomp|stomp||t61613|c
activemq||openwire|t61616|c
activemq-web||activemq-admin|t8161|c
vnc|rfb|rfb-server,remote-framebuffer,x11vnc,tigervnc|t5900-5909 ~t5910-5963|
vnc-http||novnc,vnc-web|t5800-5809 ~t6080|c
vnc-listen||vnc-viewer|~t5500|
couchdb|couchdb||t5984|c
x11|x11|xorg,x-server,x-windows,x11-0,xserver|t6000-6063|c
xfs|font-service|x-font-server|t7100|c
pulseaudio||pulse|t4713|c
redis|redis|redis-server,valkey,keydb|t6379 ~t6380|c
redis-sentinel||sentinel|t26379|c
redis-cluster||redis-bus|t16379|c
sane|sane-port|saned|t6566|c
irc|ircd|ircu,unrealircd|t6667 ~t6660-6669|c
ircs|ircs-u||t6697|e
ray||ray-gcs|~t6379 ~t10001|c
ray-dashboard|||t8265|c
bittorrent||torrent|~b6881-6889 ~b51413|
transmission||transmission-rpc,transmission-web|t9091|c
cassandra||cql,cassandra-cql|t9042|c
cassandra-thrift||thrift|t9160|c
cassandra-internode||cassandra-gossip|~t7000|c
afs|afs3-fileserver|openafs|u7000 u7001-7009|
airplay||raop|~t7000 ~t7100|
weblogic|||t7001 ~t7002|
neo4j||bolt|t7687 t7474|c
consul||consul-http|t8500|c
consul-tls|||t8501|e
consul-dns|||b8600|c
consul-serf||serf|b8301 b8302|
consul-rpc||consul-server|t8300|c
nomad||nomad-http|t4646|c
nomad-rpc||nomad-serf|t4647 b4648|
vault||hashicorp-vault|t8200|
vault-cluster|||t8201|e
solr|||t8983|c
influxdb||influx|t8086|c
influxdb-rpc|||t8088|c
clickhouse||clickhouse-http|t8123|c
clickhouse-native||clickhouse-tcp|~t9000 ~t9440|c
hadoop-namenode||hdfs-namenode,namenode,hdfs|t9870 ~t50070 t8020|c
hadoop-datanode||datanode|t9864 t9866 t9867 ~t50075 ~t50010|c
yarn||hadoop-yarn,resourcemanager,nodemanager|~t8088 ~t8042 t8032|c
spark||spark-master|t7077 ~t4040|c
hive||hiveserver2|~t10000|c
livy|||t8998|c
flink||flink-jobmanager|~t8081 t6123|c
storm||nimbus|t6627|c
tomcat-shutdown|||~t8005|c
ajp||ajp13,tomcat-ajp|t8009|c
fastcgi||php-fpm,fcgi|~t9000|c
scgi||||c
uwsgi||uwsgi-protocol|~t3031|c
jupyter||jupyter-notebook,jupyterlab,ipython-notebook|t8888|c
jupyter-kernel||ipykernel,zmq-kernel||c
jdwp||java-debug,jdb|t5005 ~t8787|c
node-inspector||node-debug,v8-inspector,nodejs-inspector,chrome-devtools|t9229 ~t9230|c
chrome-devtools-protocol||cdp,remote-debugging,devtools|t9222|c
debugpy||python-debugger,dap,ptvsd|t5678|c
xdebug||dbgp|~t9003|c
delve||dlv,go-debug|~t2345|c
gdbserver||gdb|~t1234|c
lldb-server||lldb||c
qemu-monitor||qemu-gdb,qmp||c
pprof||go-pprof|~t6060|c
rails||rails-server,puma||c
werkzeug||flask-debug,werkzeug-debugger||c
elasticsearch|wap-wsp|elastic,opensearch|t9200|c
elasticsearch-transport||es-transport|t9300|c
kibana||opensearch-dashboards|t5601|c
logstash||lumberjack,beats|t5044|
graylog||gelf|~u12201 ~t12201|c
fluentd||fluent-bit,fluent-forward|t24224|c
splunk||splunkd|t8089 ~t9997|
loki|||t3100|c
tempo||||c
jaeger|||t16686 ~u6831|c
zipkin|||t9411|c
otlp||opentelemetry,otel-collector|t4317 t4318|c
prometheus|||t9090|c
prometheus-pushgateway||pushgateway|~t9091|c
alertmanager|||t9093|c
node-exporter||prometheus-node-exporter|t9100|c
metrics||prometheus-exporter,exporter,metrics-exporter|~t9101-9999|c
statsd|||u8125|c
collectd|||u25826|c
graphite||carbon|t2003 t2004|c
ganglia||gmond|b8649|c
zabbix-agent|zabbix-agent|zabbix-agentd|t10050|
zabbix-server|zabbix-trapper||t10051|
netdata|||t19999|c
checkmk-agent||check-mk-agent,check_mk|~t6556|
cockpit||cockpit-ws|~t9090|
webmin|webmin|miniserv,usermin|~t10000 ~t20000|
pcp|pmcd|pmproxy,performance-co-pilot|t44321 t44322 ~t4330|c
jenkins|||~t8080 ~t50000|c
gitlab||||
gitea||forgejo,gogs||
git|git|git-daemon|t9418|c
teamcity|||t8111|c
sonarqube|||~t9000|c
nexus||nexus-repository||c
artifactory||||
minio||s3|~t9000 ~t9001|
portainer|||~t9443 ~t9000|
rancher||||e
traefik||||
haproxy-stats||haproxy-status,haproxy|~t8404 ~t1936|c
envoy-admin||envoy|t9901 ~t15000|c
varnish-admin||varnish|t6082 ~t6081|c
caddy-admin||caddy-api|t2019|c
nginx-status||||c
kubernetes-api||kube-apiserver,apiserver,k8s-api|t6443|e
kubernetes-api-insecure||kube-apiserver-insecure|~t8080|c
kubelet||kubelet-api|t10250|e
kubelet-readonly||kubelet-read-only|t10255|c
kubelet-healthz|||t10248|c
kube-proxy||kube-proxy-metrics|t10249 t10256|c
kube-scheduler|||t10259 ~t10251|e
kube-controller-manager|||t10257 ~t10252|e
kubernetes-dashboard||||
calico-felix||calico-typha|~t5473|c
flannel||||c
weave||weave-net|t6783 u6783 u6784|
cadvisor|||t4194|c
crio||cri-o||
containerd||||c
podman||podman-api||c
lxd||incus|t8443|e
libvirt||libvirtd|t16509|c
libvirt-tls|||t16514|e
proxmox||pveproxy|t8006|e
spice|||~t5900|
spiceproxy|||t3128|e
nbd|nbd|nbd-server|t10809|c
9p||9pfs,diod|t564|c
rserve|||t6311|c
drbd|||~t7788 ~t7789|c
ceph-mon|||t3300 t6789|
ceph-osd|||~t6800-7300|
glusterd||gluster,glusterfs|t24007 ~t24008|c
lustre|||t988|c
seaweedfs|||~t9333|c
memcached|memcache|memcache,memcached-server|b11211|c
mongodb|mongodb|mongod,mongo|t27017 t27018 t27019|
mongodb-http|||t28017|c
rethinkdb|||t28015 t29015|c
arangodb|||t8529|
riak|||t8098 t8087|c
tarantool|||t3301|c
aerospike|||~t3000-3003|c
cockroachdb|||t26257|
tidb|||~t4000|c
foundationdb|||~t4500|
questdb|||~t9009|c
victoriametrics|||t8428|c
dgraph|||t9080|c
milvus|||t19530|c
qdrant|||t6333 t6334|c
weaviate||||c
chroma||chromadb||c
meilisearch|||t7700|c
typesense|||t8108|c
sphinx||searchd,sphinxsearch,manticore|t9306 t9312|c
oracle-db-http|||~t5500|
db2|ibm-db2||~t50000|
sybase|||~t5000|
saphana||sap-hana|~t30015|
sap|sapdp|sap-dispatcher|~t3200|
sap-gateway|||~t3300|
informix|||~t9088|
teradata|||t1025|
kafka|||t9092|c
kafka-connect|||t8083|c
schema-registry|||~t8081|c
pulsar|||t6650|c
nsq||nsqd|t4150 t4151|c
beanstalkd||beanstalk|t11300|c
gearman|gearman|gearmand|t4730|c
celery-flower||flower|t5555|c
zeromq||zmq||c
mlflow|||~t5000|c
tensorboard|||t6006|c
tensorflow-serving||tf-serving|t8501 ~t8500|c
triton||triton-inference-server|~t8000-8002|c
torchserve|||~t8080-8082|c
ollama|||t11434|c
vllm|||~t8000|c
llama-server||llama.cpp,llamacpp|~t8080|c
lm-studio||lmstudio|~t1234|c
open-webui||||c
gradio||stable-diffusion-webui,automatic1111|t7860|c
comfyui|||t8188|c
streamlit|||t8501|c
dask||dask-scheduler|t8786 t8787|c
mcp||mcp-server,model-context-protocol|t6274 ~t6277|c
n8n|||~t5678|c
node-red|||t1880|c
home-assistant||hass,homeassistant|~t8123|c
esphome|||~t6052|c
plex||plex-media-server|t32400|
jellyfin||emby|t8096|c
dlna||minidlna,readymedia|t8200|c
mpd||music-player-daemon|t6600|c
icecast||shoutcast|~t8000|c
rtmp|||t1935|c
snapcast|||t1704 t1705|c
gnutella|gnutella-svc||~b6346|c
syncthing|||b22000|e
syncthing-gui|||t8384|
syncthing-discovery|||u21027|c
dropbox-lansync|db-lsp||b17500|
teamviewer|||t5938|
anydesk|||~t7070|e
steam-remote||steam-in-home-streaming|~u27036 ~t27036|
spotify-connect||spotify|~t57621 u57621|
chromecast||googlecast|t8009 ~t8008|
kdeconnect|||t1716 u1716|e
minecraft|||t25565|c
teamspeak|||u9987|
mumble||murmur|b64738|e
wireguard||wg|u51820|e
zerotier|||b9993|e
tailscale||tailscaled|u41641|e
nebula|||~u4242|e
shadowsocks||ss-server|~b8388|e
tor||tor-orport|~t9001|e
tor-socks|||t9050|c
tor-control|||t9051|c
bitcoin||bitcoind|t8333|c
bitcoin-rpc|||t8332|c
ethereum||geth|b30303|
ethereum-rpc||geth-rpc|t8545 ~t8546|c
ipfs|||b4001|
ipfs-api|||t5001|c
monero|||~t18080 ~t18081|c
cobaltstrike||cobalt-strike-teamserver|~t50050|
metasploit||msfrpcd|~t55553|
netbus||||c
back-orifice||bo2k||c
salt-master||salt|t4505 t4506|
puppet|puppet|puppetserver|t8140|e
puppetdb|||~t8081|
ansible-tower||awx||
rundeck|||t4440|c
wazuh-agent||wazuh,ossec|~t1514 ~t1515 ~u1514|
nfdump||netflow|~u2055 ~u9995|c
ipfix|ipfix|netflow-v9|b4739|c
sflow|sflow||u6343|c
bfd|bfd-control||u3784 u3785|c
vrrp||keepalived||c
corosync||pacemaker|u5404 u5405|
pcsd|||t2224|e
heartbeat|||~u694|c
olsr|||u698|c
babel|babel||u6696|c
openflow|openflow|openvswitch|t6653 ~t6633|c
ovsdb|ovsdb|ovs-db|t6640|c
netconf|netconf-ssh||t830|e
grpc||grpc-server|~t50051|
websocket||ws||c
websocket-proxy||websockify||c
dnp3|dnp|dnp3-outstation|t20000 u20000|c
bacnet|bacnet|bacnet-ip|u47808 ~t47808|c
ethernet-ip|EtherNet-IP-2|enip,cip|b44818 u2222|c
opcua|opcua-tcp|opc-ua|t4840|
iec104||iec-60870-5-104,iec-104|t2404|c
iec61850||mms||c
profinet|||~u34964|c
fins||omron-fins|b9600|c
melsec||melsec-q,slmp|~t5007 ~u5006|c
fox|foxfsp|niagara-fox|t1911 t4911|c
ge-srtp||srtp-ge|t18245|c
codesys|||~t1217 ~t2455|c
hart-ip|hart-ip||b5094|c
atg||automatic-tank-gauge,veeder-root|~t10001|c
knx||knxnet-ip,eibd,knxd|u3671 ~t6720|c
lonworks|||~u1628|c
artnet||art-net|u6454|c
hikvision||||
tr-069||cwmp|t7547|c
tuya|||~t6668|
printer-raw|pdl-datastream|jetdirect,raw-print,appsocket|~t9100-9102|c
hylafax|hylafax||t4559|c
amanda|amanda||b10080|c
bacula-dir|bacula-dir|bareos-dir|t9101|
bacula-fd|bacula-fd|bareos-fd|t9102|
bacula-sd|bacula-sd|bareos-sd|t9103|
horizon|||~t8442|
citrix-ica|ica||t1494|
citrix-cgp|||~t2598|
x2go||nx||e
xpra|||~t14500|
guacamole|||t4822|c
ttyd||gotty,web-terminal,shellinabox,wetty|t7681 ~t4200|c
code-server||vscode-server,openvscode||c
rstudio||rstudio-server|~t8787|c
bindshell||backdoor-shell,shell-listener||c
netcat||nc,ncat||c
tcp-relay||relay,port-forward,tunnel||
http-connect-proxy||tinyproxy,privoxy,polipo|t8118|c
postfix-internal||smtp-policy,policyd||c
clamd||clamav|t3310|c
opendkim||milter|~t8891 ~t8892|c
rspamd|||t11332 t11333 t11334|c
lmtp||lmtpd|~t24 ~t2003|c
rustdesk||rustdesk-server|~t21115-21119 ~u21116|
moosefs|||t9419-9421|c
salt-api||saltstack-api|~t8000|
airflow||apache-airflow|~t8080|c
journal-gateway||systemd-journal-gatewayd|t19531|
journal-remote||systemd-journal-remote|t19532|
langflow|||~t7860|c
asterisk-ami||ami,asterisk-manager|t5038|c
freeswitch-esl||event-socket|~t8021|c
unitronics-pcom||pcom|t20256|c
serial-server||ser2net,conserver||c
hl7|hl7|hl7-mllp,mllp|t2575|c
ros||rosmaster,ros-master|t11311|c
mavlink|||~u14550 ~t5760|c
socketcand|||t29536|c
redfish||redfish-emulator|~t8000|
hddtemp|||t7634|c
iperf||iperf3|t5201 ~u5201 ~t5001|c
monit|||t2812|
supervisor||supervisord|~t9001|c
flexlm||flexnet,lmgrd|t27000-27009|c
ndmp|ndmp|ndmpd|~t10000|
quake|quake|quake3,ioquake3|u27960 ~u26000|c
openvpn-management||openvpn-mgmt|~t7505|c
coturn-cli||turnserver-cli|~t5766|c
openconnect||anyconnect,ocserv|~u443|e
deluge-rpc||deluged|~t58846|e
dns-tunnel||iodine,dns2tcp,dnscat|~u53|
babel-control||babeld-control|~t33123|c
dbus||d-bus,dbus-tcp||c
alertmanager-cluster||gossip|~b9094|
dns-control||nsd-control,knot-control,dnsdist-console|~t8952 ~t5199|
icap|icap||t1344|c
rpki-rtr|rpki-rtr|rtr|~t3323|c
diameter|diameter||t3868 s3868|c
slurm||slurmctld,slurmd,slurmdbd|t6817-6819|c
galera||wsrep,garbd|t4567|c
owserver||1-wire|t4304|c
iiod||iio|~t30431|c
lirc|lirc|lircd|~t8765|c
remctl|remctl||~t4373|
hkp|hkp|keyserver|t11371|c
rrdcached||rrd|~t42217|c
gkrellm|gkrellm|gkrellmd|t19150|c
softether||vpnserver|~t5555 ~t992 ~t443|e
n2n||supernode|~u7654|
fastd|||~u10000|e
kannel||bearerbox,smsbox|~t13000 ~t13013|c
partimage||partimaged|~t4025|c
taskd||taskserver|~t53589|e
netjack||jack|~u19000|c
sndio||sndiod|~t11025|c
nasd||network-audio-system|~t8000|c
osc||supercollider,scsynth|~u57110 ~t57110|c
game-server||game||c
sysrq||sysrqd|~t4094|c
remote-help||synergy,barrier|~t24800|
shibd||shibboleth|~t1600|
debuginfod|||~t8002|c
matrix||synapse,dendrite|~t8008 ~t8448|
aprs||aprsc|~t14580|c
rtl-tcp||sdr|~t1234|c
steam-query||a2s,source-engine|u27015|c
ed2k||edonkey,emule|~t4662|c
kad||kademlia-emule|~u4672|c
i2p||i2pd|~t7657|c
v2ray||xray,vmess||
torrent-web||deluge-web,qbittorrent-web|~t8112|c
aria2-rpc||aria2|t6800|c
ethercat|ethercat||b34980|c
`;

/**
 * Further names of services files (IANA's registry, netbase, macOS, Solaris, AIX, Windows) that a capture may show in place of a number:
 * `NAME PORT…`. A name of the list above needs no line unless it stands for further ports.
 */
export const PORT_NAMES = `
compressnet t2 t3
msp b18
ssl t443
www-http t80
re-mail-ck b50
rmonitor t560
mtp t57
rje t77
link t87 t245
supdup t95
hostnames t101 t42
hostname t101
x400 t103
x400-snd t104
csnet-ns t105
rtelnet t107
pop2 t109
sftp t115
uucp-path t117
sqlserv t118
nameserver b42
name u42
nameservice u42
netbios_ns u137
netbios_dgm u138
netbios_ssn t139
imap3 t220
NeWS t144
nextstep b178
prospero b191
at-rtmp b201
at-nbp b202
at-echo b204
at-zis b206
irc t194
qmtp b209
wais t210
ipx b213
tproxy t8081
ldap-admin t3407
silverplatter t416
onmux t417
ulistserv t372
unidata-ldm t388
dhcpv6 u546
server-status t6
ssmtp t465
kerberos_v5 t88
ms-ds t445
rtip b771
entrust-sps b640
cfdptkt t120
timed u525
tempo t526
courier t530
conference t531
netnews t532
netwall u533
new-rwho u550
uucp-rlogin t541
remotefs t556
rfs_server t556
rfile t750
loadav u750
maitrd t997
busboy t998
garcon t999
cadlock t1000
ufsd t1008
krbupdate t760
kpop t1109
kshell t544
eklogin t2105
ekshell t2106
krb524 t4444
elcsd u704
msgsys t38293
puparp u998
applix u999
pcserver t600
submit t773
notify u773
wpages t776
acmaint_dbd u774
rpasswd t774
entomb t775
cytel_dlm b2090
socks b1080
listen t2766
nterm t1026
lockd b4045
nfsd b2049
nfsd-status t1110
nfsd-keepalive u1110
dtspc t6112
dtspcd t6112
fs t7100
xmquery b2279
aixds t4060
wsmserver t9090
rmc b657
clcomd t16191
caa_cfg b6181
http-alt t8080 t591 t8008
webcache t8080
https-alt t8443
pcsync-https t8443
http-proxy t8080
irdmi t8000
sunwebadmin t8800
sun-answerbook t8888
ddi-tcp-1 t8888
ddi-udp-1 u8888
radan-http t8088
mcreport t8003
intermapper t8181
cslistener t9000
etlservicemgr t9001
websm t9090
xmltec-xmlrpc t9091
XmlIpcRegSvc t9092
copycat t9093
pdl-datastream t9100
hp-pdl-datastr t9100
bacula-dir t9101
sapv1 t9875
wap-wsp t9200
wap-wsp-wtp t9201
vrace b9300
snet-sensor-mgmt t10000
ndmp t10000
scp-config t10001
documentum t10002
memcache b11211
hbci t3000
remoteware-cl t3000
ppp b3000
cgms t3003
csoftragent t3004
apple-license t3006
ii-admin t3006
gw t3010
exlm-agent t3002
commplex-main t5000
upnp t5000
commplex-link t5001
rfe b5002
fmpro-internal t5003
avt-profile-1 b5004
avt-profile-2 b5005
wsm-server t5006
wsm-server-ssl t5007
telelpathstart b5010
nlg-data u5299
rrac t5678
personal-agent t5555
a16-an-an b4597
sip-tls b5061
aol t5190
xmpp-client t5222
presence t5298
mdnsresponder u5354
llmnr b5355
rda t630
postgresql t5432
pcanywheredata t5631
pcanywherestat u5632
rfb t5900
vnc-server t5900
x11 t6000-6063
X11 t6000
x11-1 t6001
x11-2 t6002
x11-3 t6003
x11-4 t6004
x11-5 t6005
x11-6 t6006
x11-7 t6007
x11-ssh-offset t6010
ircu t6665-6669
afs3-fileserver b7000
afs3-callback b7001
afs3-prserver b7002
afs3-vlserver b7003
afs3-kaserver b7004
afs3-volser b7005
afs3-errors b7006
afs3-bos b7007
afs3-update b7008
afs3-rmtsys b7009
arcp t7070
mmcc b5050
cma t2800
ms-olap4 t2383
nfa t1155
blackjack t1025
exosee b1027
cap t1026
iad1 b1030
iad2 b1031
iad3 b1032
kermit t1649
groupwise t1677
ms-streaming t1755
msmq b1801
ms-rpc t135
remote-as t1053
netspi t1044
pptp t1723
privatewire t3090
mysql t3306
sms-chat t2703
teredo u3544
ms-wbt-server b3389
apcupsd t3551
rendezvous b3689
networklenss t3410
cops t3288
vat b3456
iscsi-target t3260
sse-app-config t3852
hydap t15000
asprovatalk t4160
newoak t4001
terabase t4000
pxc-spvr-ft t4003
rwhois t4321
krb524 b4444
nv-video b4444
radmin-port t4899
vocaltec b4500
ipsec-nat-t u4500
ntske t4460
eportcomm t4666
isode-dua b17007
traceroute u33434
filenet-tms b32768
filenet-rpc b32769
filenet-nch b32770
filenet-rmi b32771
filenet-pa b32772
filenet-cm b32773
filenet-re b32774
sometimes-rpc5 b32771
sometimes-rpc7 b32772
sometimes-rpc9 b32773
sometimes-rpc11 b32774
mbus b47000
bacnet b47808
dnp b20000
boe-filesvr t6410
nimspooler t48001
nimhub b48002
com-bardac-dw b48556
fpp t7777
cbt t7777
icb t7326
gnutella-svc b6346
netarx t1040
kazaa t1214
fasttrack t1214
nessus t1241
ssslog-mgr t1204
lonworks b2540
cpq-wbem t2301
compaqdiag t2301
docker t2375
docker-s t2376
swarm t2377
etcd-client t2379
etcd-server t2380
eforward t2181
zephyr-srv u2102
zephyr-clt u2103
zephyr-hm u2104
ansysli t2325
rtsserv b2500
ttyinfo t2012
search t2010
cypress b2015
shadowserver t2027
dls t2047
dls-monitor t2048
knetd t2053
cvspserver t2401
venus b2430
venus-se b2431
codasrv b2432
codasrv-se b2433
mon b2583
f5-globalsite t2792
f5-iquery b4353
gsiftp t2811
corbaloc t2809
sieve t4190
sysrqd t4094
suucp t4031
remctl t4373
mtn t4691
proofd t1093
rootd t1094
lotusnote t1352
lotusnotes t1352
datametrics b1645
sa-msg-port b1646
ingreslock b1524
gnunet b2086
rtcm-sc104 b2101
gsigatekeeper t2119
gris t2135
iprop t2121
ms-sql-s t1433
ms-sql-m u1434
supfilesrv t871
supfiledbg t1127
passwd-server u752
kerberos-master b751
kerberos4 b750
krb-prop t754
moira-db t775
moira-update t777
moira-ureg u779
skkserv t1178
predict u1210
rmtcfg t1236
xtel t1313
xtelw t1314
zebrasrv t2600
fax t4557
canna t5680
zope-ftp t8021
omniorb t8088
clc-build-daemon t8990
xinetd t9098
zope t9673
kamanda t10081
amandaidx t10082
amidxtape t10083
sgi-cmsd u17001
sgi-crsd u17002
sgi-gcd u17003
sgi-cad t17004
binkp t24554
asp b27374
csync2 t30865
dircproxy t57000
tfido t60177
fido t60179
wnn6 t22273
wnn4 t22273
dcap t22125
gsidcap t22128
hkp t11371
xmms2 t9667
sge-qmaster t6444
sge-execd t6445
mysql-proxy t6446
bbs t7000
freeciv t5556
rptp t5556
babel u6696
fsp u21
cmip-man b163
cmip-agent b164
mailq t174
z3950 t210
ptp-event u319
ptp-general u320
pawserv t345
zserv t346
rpc2portmap b369
codaauth2 b370
clearcase u371
svrloc b427
snpp t444
saft t487
nqs t607
qmqp t628
gdomap b538
silc t706
ftps-data t989
domain-s b853
iclcnet-locate b886
eldim t31337
elite t31337
italk t12345
netbus t12345
rpki-rtr t323
sunproxyadmin t8081
netview-aix-1 t1661
wizard t2001
dc b2001
globe b2002
finger t2003 t79
mailbox t2004
deslogin t2005
invokator b2006
dectalk b2007
conf b2008
news b2009 t144
pipe_server u2010
raid-cc b2006
glogger b2033
scoremgr b2034
imsldoc b2035
objectmanager b2038
lam b2040
interbase b2041
isis b2042
isis-bcast b2043
rimsl b2044
cdfunc b2045
sdfunc b2046
microsoft-ds b445
kpasswd5 b464
rpc b111
sun-rpc b111
EtherNet-IP-1 b2222
EtherNet-IP-2 b44818
ups-onlinet t7010
`;
