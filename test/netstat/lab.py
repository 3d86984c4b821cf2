"""A network namespace with sockets of many kinds, for comparing views of it. Says as JSON how to run a command in it, and stands until
standard input ends. With the argument `hostile` there are names that no terminal should be shown as they are."""
import ctypes, json, os, shutil, signal, socket, struct, subprocess, sys, tempfile

NAME = f'ehn-{os.getpid()}'
held = []


def run(*words, check=True):
    subprocess.run(words, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def inside(*words, check=True):
    run('ip', 'netns', 'exec', NAME, *words, check=check)


def tried(*words):
    """What an older kernel or iproute2 may not know."""
    inside(*words, check=False)


def enter():
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(f'/run/netns/{NAME}', os.O_RDONLY)
    if libc.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), 'setns')
    os.close(fd)


def links():
    for words in (
        'link set lo up',
        'link add eth0 type veth peer name peer0', 'link add eth10 type veth peer name peer10', 'link add eth2 type veth peer name peer2',
        'link set peer0 up', 'link set peer2 up', 'link add down0 type bridge',
        'link set eth0 up multicast on', 'link set eth2 up promisc on', 'link set eth10 up allmulticast on arp off',
        'link set eth10 mtu 9000', 'link set eth2 dynamic on', 'link add br0 type bridge', 'link set br0 up',
        'link add veth0 type veth peer name veth1', 'link set veth0 up', 'link set veth1 up',
        'addr add 10.9.0.1/24 brd 10.9.0.255 dev eth0', 'addr add 10.9.1.1/24 dev eth0 label eth0:1',
        'addr add 10.9.2.1/24 brd + dev eth0 label eth0:10', 'addr add 10.9.4.1 peer 10.9.4.2 dev veth0',
        'addr add 172.31.0.1/16 dev eth2',
        '-6 addr add 2001:db8:1234:5678:9abc:def0:1234:5678/64 dev eth0 nodad', '-6 addr add fd00:9::1/64 dev eth2 nodad',
        '-6 addr add ::10.9.0.1/128 dev eth2 nodad',
        'tuntap add dev tun0 mode tun', 'link set tun0 up', 'addr add 10.9.6.1/24 dev tun0',
        'link add gre1 type gre local 10.9.0.1 remote 10.9.0.99', 'link set gre1 up',
        'link add ipip1 type ipip local 10.9.0.1 remote 10.9.0.98', 'link set ipip1 up',
        'link add sit1 type sit local 10.9.0.1 remote 10.9.0.97', 'link set sit1 up',
        'link add averylongname1 type bridge', 'link set averylongname1 up',
    ):
        tried('ip', *words.split())


def routes():
    for words in (
        'route add 10.20.0.0/16 via 10.9.0.254', 'route add 10.21.0.0/16 via 10.9.0.254 metric 77 mtu 1300 window 16384 rtt 200ms',
        'route add 10.22.0.1/32 dev eth2', 'route add blackhole 10.23.0.0/16', 'route add unreachable 10.24.0.0/16',
        'route add prohibit 10.25.0.0/16 metric 5', 'route add 169.254.0.0/16 dev eth2', 'route add 10.26.0.0/16 dev averylongname1',
        'route add 10.27.0.0/16 nexthop via 10.9.0.253 nexthop via 10.9.0.252', 'route add 0.0.0.0/1 via 10.9.0.254 metric 4294967295',
        'route add 198.51.100.0/24 dev eth2 table 100', 'rule add from 10.9.1.0/24 table 100 priority 500', 'rule add fwmark 0x10 lookup 100',
        '-6 route add 2001:db8:ffff::/48 via fd00:9::2', '-6 route add blackhole 2001:db8:dead::/48',
        '-6 route add 2001:db8:1111:2222:3333:4444:5555:6666/128 dev eth2 metric 4000000000', '-6 route add default via fd00:9::fe dev eth2',
        '-6 route add 2001:db8:aaaa::/48 via fd00:9::2 expires 3000',
    ):
        tried('ip', *words.split())


def tcp(address, port, family=socket.AF_INET, backlog=5):
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if address != '::ffff:10.9.0.1' else 0)
    server.bind((address, port))
    server.listen(backlog)
    held.append(server)
    return server


def connected(server, family=socket.AF_INET, source=None):
    client = socket.socket(family, socket.SOCK_STREAM)
    if source:
        client.bind(source)
    client.connect(server.getsockname()[:2])
    other, _ = server.accept()
    held.extend([client, other])
    return client, other


def tcp_sockets():
    telnet = tcp('0.0.0.0', 23)
    tcp('10.9.0.1', 8080)
    tcp('127.0.0.1', 1)
    tcp('::', 22, socket.AF_INET6)
    long = tcp('2001:db8:1234:5678:9abc:def0:1234:5678', 60000, socket.AF_INET6)
    mapped = tcp('::ffff:10.9.0.1', 8081, socket.AF_INET6)
    tcp('::10.9.0.1', 8082, socket.AF_INET6)
    connected(telnet, source=('10.9.0.1', 41000))
    connected(long, socket.AF_INET6)
    connected(mapped, socket.AF_INET6)
    # Unread data in both directions.
    client, other = connected(telnet)
    client.send(b'x' * 1234)
    # A keepalive timer that will not fire while anybody looks.
    client, other = connected(telnet)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 7000)
    # FIN_WAIT2 and CLOSE_WAIT.
    client, other = connected(telnet)
    client.shutdown(socket.SHUT_WR)
    # TIME_WAIT.
    client, other = connected(telnet, source=('10.9.0.1', 41001))
    client.close()
    other.close()
    # A connection that waits to be accepted.
    waiting = socket.create_connection(('10.9.0.1', 8080))
    held.append(waiting)
    # Bound, and nothing more.
    bound = socket.socket()
    bound.bind(('10.9.0.1', 41002))
    held.append(bound)


def deaf(raw):
    """Takes no ICMP message (ICMP_FILTER, linux/icmp.h), so that its queue stays as it is."""
    raw.setsockopt(255, 1, struct.pack('I', 0xffffffff))


def datagrams():
    for family, address, port in (
        (socket.AF_INET, '0.0.0.0', 69), (socket.AF_INET, '10.9.0.1', 53), (socket.AF_INET, '0.0.0.0', 40404),
        (socket.AF_INET6, '::', 5353), (socket.AF_INET6, '2001:db8:1234:5678:9abc:def0:1234:5678', 33333),
    ):
        server = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((address, port))
        held.append(server)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind(('10.9.0.1', 40405))
    client.connect(('10.9.0.1', 53))
    client.send(b'y' * 100)
    held.append(client)
    client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    client.connect(('2001:db8:1234:5678:9abc:def0:1234:5678', 33333))
    held.append(client)
    for family, address in ((socket.AF_INET, '10.9.0.1'), (socket.AF_INET6, '::1')):
        lite = socket.socket(family, socket.SOCK_DGRAM, 136)
        lite.bind((address, 4000))
        held.append(lite)
    for family, protocol in ((socket.AF_INET, 1), (socket.AF_INET, 89), (socket.AF_INET, 253), (socket.AF_INET6, 58)):
        raw = socket.socket(family, socket.SOCK_RAW, protocol)
        if protocol == 1:
            deaf(raw)
        held.append(raw)
    peer = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    deaf(peer)
    peer.connect(('10.9.0.1', 0))
    held.append(peer)
    member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for group, via in (('239.1.2.3', '10.9.0.1'), ('224.0.0.251', '10.9.0.1'), ('239.1.2.3', '172.31.0.1')):
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(via))
    again = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    again.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('239.1.2.3') + socket.inet_aton('10.9.0.1'))
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, 'ff05::1:3') + struct.pack('I', socket.if_nametoindex('eth0')))
    held.extend([member, again, six])


def unix_sockets(folder):
    for name, kind, listens in (
        (f'{folder}/stream', socket.SOCK_STREAM, True), (f'{folder}/dgram', socket.SOCK_DGRAM, False),
        (f'{folder}/seq', socket.SOCK_SEQPACKET, True), (f'{folder}/bound', socket.SOCK_STREAM, False),
        ('\0abstract', socket.SOCK_STREAM, True), ('\0two\0parts', socket.SOCK_DGRAM, False),
        (f'{folder}/caf\u00e9', socket.SOCK_STREAM, True), (f'{folder}/with blank', socket.SOCK_STREAM, True),
    ):
        own = socket.socket(socket.AF_UNIX, kind)
        own.bind(name)
        if listens:
            own.listen(3)
            client = socket.socket(socket.AF_UNIX, kind)
            client.connect(name)
            held.append(client)
        held.append(own)
    held.extend(socket.socketpair())
    held.extend(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))


def holder(title, port, family='AF_INET', address='0.0.0.0'):
    """A process of another name that holds a socket."""
    code = f'import socket,time;s=socket.socket(socket.{family});s.bind(({address!r},{port}));s.listen();print("up",flush=True);time.sleep(3600)'
    child = subprocess.Popen([title, '-c', code], executable=sys.executable, stdout=subprocess.PIPE, env={'PYTHONHOME': sys.base_prefix})
    child.stdout.readline()
    held.append(child)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    hostile = 'hostile' in sys.argv
    folder = tempfile.mkdtemp(prefix='ehn-')
    etc = f'/etc/netns/{NAME}'
    while True:
        try:
            os.makedirs(etc)
            break
        except FileNotFoundError:
            # Another lab took /etc/netns away as it ended.
            continue
    with open(f'{etc}/hosts', 'w') as hosts:
        hosts.write('127.0.0.1 localhost\n::1 localhost\n10.9.0.1 lab.example.test lab\n10.9.0.254 router.example.test\n'
                    '2001:db8:1234:5678:9abc:def0:1234:5678 six.example.test\n239.1.2.3 group.example.test\n'
                    '10.22.0.1 a-host-with-a-rather-long-name.example.test\n')
    # Refused at once, so that a name that is not in the file costs nothing.
    with open(f'{etc}/resolv.conf', 'w') as resolver:
        resolver.write('nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
    run('ip', 'netns', 'add', NAME)
    try:
        links()
        routes()
        # An entry of conntrack must outlive the looks at it, however slow they are.
        tried('sysctl', '-qw', 'net.netfilter.nf_conntrack_udp_timeout=590')
        enter()
        tcp_sockets()
        datagrams()
        unix_sockets(folder)
        holder('/usr/local/bin/a-program-with-a-long-name', 7001)
        holder('short', 7002)
        holder('/opt/d\u00e9mon', 7003)
        holder('daemon: worker [0/5]', 7004)
        if hostile:
            holder('/bin/evil\x1b[31m\nroot', 7005)
            own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            own.bind(f'{folder}/red\x1b[2J\u202e')
            own.listen()
            held.append(own)
        print(json.dumps({'run': ['ip', 'netns', 'exec', NAME]}), flush=True)
        sys.stdin.read()
    finally:
        for one in held:
            if isinstance(one, subprocess.Popen):
                one.kill()
                one.wait()
        run('ip', 'netns', 'del', NAME, check=False)
        shutil.rmtree(etc, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.rmdir('/etc/netns')
        except OSError:
            pass


main()
