/**
 * Options that say which port of a program is which service, one a line:
 *
 *     PROGRAMS | OPTIONS | SERVICE | TRANSPORT
 *
 * The port is the number at the end of the option's value (`127.0.0.1:6082`, `http://[::]:2379`, `6082`), or of each where commas join several; `+1` after an
 * option: it stands one word further. TRANSPORT empty: `tcp`; `b`: TCP and UDP. Facts are those of the programs' manual pages.
 */
export const OPTIONS = `
openvpn|--management+1|openvpn-management|
openvpn|--port --lport|openvpn|b
turnserver coturn|--cli-port|coturn-cli|
turnserver coturn|--listening-port -p|stun|b
turnserver coturn|--tls-listening-port|turns|b
varnishd|-T|varnish-admin|
varnishd|-a|http|
pdns_server pdns_recursor|--webserver-port|http|
pdns_server pdns_recursor|--local-port|dns|b
etcd|--listen-client-urls|etcd|
etcd|--listen-peer-urls|etcd-peer|
etcd|--listen-metrics-urls|metrics|
nats-server|-m --http_port -http_port --https_port -ms|http|
nats-server|-p --port -port|nats|
prometheus-alertmanager alertmanager|--cluster.listen-address|alertmanager-cluster|b
prometheus-alertmanager alertmanager|--web.listen-address|alertmanager|
uwsgi uwsgi-core|--http --http-socket --http11-socket --https --stats --stats-server|http|
uwsgi uwsgi-core|--socket -s --uwsgi-socket|uwsgi|
uwsgi uwsgi-core|--fastcgi-socket|fastcgi|
uwsgi uwsgi-core|--scgi-socket|scgi|
aria2c|--rpc-listen-port|aria2-rpc|
aria2c|--listen-port --dht-listen-port|bittorrent|b
transmission-daemon|-p --port|transmission|
transmission-daemon|-P --peerport|bittorrent|b
qbittorrent qbittorrent-nox|--webui-port|torrent-web|
qbittorrent qbittorrent-nox|--torrenting-port|bittorrent|b
deluged|-p --port|deluge-rpc|
babeld|-g -G|babel-control|
zebra|-P --vty_port|zebra|
bgpd ripd ripngd ospfd ospf6d isisd staticd bfdd pimd ldpd eigrpd babeld|-P --vty_port|frr-daemon|
bgpd|-p --bgp_port|bgp|
distccd|--stats-port|distcc-stats|
distccd|-p --port|distcc|
minio|--console-address|minio|
kubelet|--read-only-port|kubelet-readonly|
kubelet|--healthz-port|kubelet-healthz|
kubelet|--port|kubelet|
kube-apiserver|--insecure-port|kubernetes-api-insecure|
kube-apiserver|--secure-port|kubernetes-api|
syncthing|-gui-address --gui-address|syncthing-gui|
bitcoind bitcoin-qt|-rpcport|bitcoin-rpc|
bitcoind bitcoin-qt|-port|bitcoin|
geth|--http.port --ws.port --authrpc.port|ethereum-rpc|
geth|--port|ethereum|b
mariadbd mysqld|--port -P|mysql|
mysqld|--mysqlx-port --mysqlx_port|mysqlx|
influxd|--http-bind-address|influxdb|
snmpd|-x|agentx|
consul|-http-port|consul|
consul|-dns-port|consul-dns|b
consul|-serf-lan-port -serf-wan-port|consul-serf|b
redis-server valkey-server|--port --tls-port|redis|
Xtigervnc Xtightvnc Xvnc x11vnc x0vncserver X0tigervnc|-rfbport --rfbport|vnc|
Xtigervnc Xtightvnc Xvnc x11vnc|-httpport --httpport|vnc-http|
snapserver|--tcp.port --stream.port -p --port|snapcast|
maildev|-s --smtp|smtp|
maildev|-w --web|http|
nutcracker twemproxy|-s --stats-port|metrics|
snapserver|--http.port|http|
tor|--SocksPort SocksPort|tor-socks|
tor|--ControlPort ControlPort|tor-control|
tor|--DNSPort DNSPort|dns|b
tor|--ORPort ORPort|tor|
named|-p|dns|b
envoy|--admin-address|envoy-admin|
beam.smp beam|inet_dist_listen_min inet_dist_listen_max|erlang-distribution|
`;
