"""A host with 2,000 TCP listeners and 100,000 established connections, in a network namespace of its own: ten servers hold the listeners and the
accepted ends, ten clients the other ends; no process more than 19,000 descriptors. Prints the path of the namespace when it stands; ends with
its standard input."""
import ctypes, os, resource, select, signal, socket, sys

libc = ctypes.CDLL(None, use_errno=True)
SERVERS, LISTENERS, CONNECTIONS = 10, 2000, 100_000
FIRST_PORT = 20_001
PER_SERVER = LISTENERS // SERVERS
PER_LISTENER = CONNECTIONS // LISTENERS

if libc.unshare(0x40000000):
    raise OSError(ctypes.get_errno(), "unshare")
os.system("ip link set lo up; sysctl -qw net.ipv4.ip_local_port_range='1024 19999'")
resource.setrlimit(resource.RLIMIT_NOFILE, (19_000, 19_000))
children = []


def child(work):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        libc.prctl(1, signal.SIGKILL)
        work(lambda: os.write(write, b"."))
        signal.pause()
    os.close(write)
    children.append(pid)
    return read


def serve(index):
    def work(ready):
        listeners = {}
        # Ports far apart: a filter by ranges of ports has 2,000 ranges to tell apart.
        for number in range(PER_SERVER):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1" if number % 2 else "0.0.0.0", FIRST_PORT + 22 * (index * PER_SERVER + number)))
            s.listen(128)
            listeners[s.fileno()] = s
        ready()
        poll = select.epoll()
        for fd in listeners:
            poll.register(fd, select.EPOLLIN)
        held = []
        while len(held) < PER_SERVER * PER_LISTENER:
            for fd, _ in poll.poll():
                held.append(listeners[fd].accept()[0])
        ready()
        work.held = held, listeners
    return work


def call(index):
    def work(ready):
        work.held = []
        for number in range(PER_SERVER):
            for one in range(PER_LISTENER):
                s = socket.socket()
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((f"127.0.{1 + one}.{1 + index}", 0)) if one % 2 else None
                s.connect(("127.0.0.1", FIRST_PORT + 22 * (index * PER_SERVER + number)))
                work.held.append(s)
        ready()
    return work


servers = [child(serve(index)) for index in range(SERVERS)]
for pipe in servers:
    os.read(pipe, 1)
clients = [child(call(index)) for index in range(SERVERS)]
for pipe in clients + servers:
    if os.read(pipe, 1) != b".":
        sys.exit("a connection failed")
print(f"/proc/{os.getpid()}/ns/net", flush=True)
sys.stdin.read()
for pid in children:
    os.kill(pid, signal.SIGKILL)
for pid in children:
    os.waitpid(pid, 0)
