"""Sends first packets and says what came back. One JSON list of probes a line in, one JSON list of answers out.

A probe: {"src", "dst", "proto", "sport", "dport", "dev"}; an answer: open, refused or filtered, or an error of the sending side.
All probes of a line are in flight at once; what did not answer within `wait` seconds is filtered.
"""
import errno
import json
import select
import socket
import sys
import time

REFUSED = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.ENOPROTOOPT, errno.EPROTO)


def start(probe):
    six = ":" in probe["src"]
    kind = socket.SOCK_STREAM if probe["proto"] == "tcp" else socket.SOCK_DGRAM
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(41 if six else 0, 25 if six else 11, 1)  # IPV6_RECVERR, IP_RECVERR
    if kind == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.setblocking(False)
    scope = socket.if_nametoindex(probe["dev"]) if probe.get("dev") and "fe80" in probe["src"][:4] + probe["dst"][:4] else 0

    def at(address, port):
        return (address, port, 0, scope if address.startswith("fe80") else 0) if six else (address, port)

    try:
        s.bind(at(probe["src"], probe["sport"]))
        e = s.connect_ex(at(probe["dst"], probe["dport"]))
        if kind == socket.SOCK_DGRAM and e == 0:
            s.send(b"q")
            e = errno.EINPROGRESS
    except OSError as x:
        e = x.errno
    if e == errno.EINPROGRESS:
        return s, None
    if e == 0:
        return s, "open"
    if e == errno.EPERM:  # an output rule ended it before it left: dropped or rejected, the sender is told the same
        return s, "ended"
    return s, "refused" if e in REFUSED else "error " + errno.errorcode.get(e, str(e))


def finish(s, probe):
    e = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if probe["proto"] != "tcp" and e == 0:
        try:
            s.recv(16)
        except BlockingIOError:
            return None
        except OSError as x:
            e = x.errno
    if e in (0, errno.ECONNRESET):
        return "open"
    return "refused" if e in REFUSED else "error " + errno.errorcode.get(e, str(e))


for line in sys.stdin:
    task = json.loads(line)
    probes, wait = task["probes"], task["wait"]
    answers = [None] * len(probes)
    poll, waiting = select.poll(), {}
    for i, probe in enumerate(probes):
        s, answers[i] = start(probe)
        if answers[i] is None:
            waiting[s.fileno()] = (i, s)
            poll.register(s, select.POLLOUT if probe["proto"] == "tcp" else select.POLLIN)
        else:
            s.close()
    end = time.monotonic() + wait
    while waiting and time.monotonic() < end:
        for fd, _ in poll.poll(1000 * max(0, end - time.monotonic())):
            i, s = waiting[fd]
            answers[i] = finish(s, probes[i])
            if answers[i] is not None:
                poll.unregister(fd)
                del waiting[fd]
                s.close()
    for i, s in waiting.values():
        answers[i] = "filtered"
        s.close()
    print(json.dumps(answers), flush=True)
