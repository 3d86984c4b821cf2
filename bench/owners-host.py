"""Builds a busy host for bench/owners.mjs: owners-host.py KIND. Prints `ready` when it stands and ends with all its processes when its
standard input is closed. Half of the descriptors are sockets. Standard library, Linux."""
import os, signal, socket, sys

LISTENERS = 200
children = []


def listeners():
    held = []
    for i in range(LISTENERS):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        s.listen()
        held.append(s)
    return held


def fill(count):
    """`count` descriptors: half unix socket pairs, half /dev/null."""
    pairs = [socket.socketpair() for _ in range(count // 4)]
    return pairs, [os.open("/dev/null", os.O_RDONLY) for _ in range(count - 2 * len(pairs))]


def spawn(body):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(r)
        held = body()
        os.write(w, b"x")
        os.close(w)
        while True:
            signal.pause()
    os.close(w)
    children.append(pid)
    if os.read(r, 1) != b"x":
        raise SystemExit("a process of the host could not be built")
    os.close(r)


def main(kind):
    if kind == "processes":
        spawn(listeners)
        for _ in range(5000):
            spawn(lambda: fill(17))
    elif kind == "descriptors":
        spawn(listeners)
        for _ in range(10):
            spawn(lambda: fill(19000 - 10))
    elif kind == "servers":
        held = listeners()
        for _ in range(10):
            spawn(lambda: fill(19000 - 10 - LISTENERS))
        del held
    else:
        raise SystemExit("KIND is processes, descriptors or servers")
    print("ready", flush=True)
    sys.stdin.read()


try:
    main(sys.argv[1])
finally:
    if os.getpid() == os.getpgid(0) or children:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
