"""Real packets: reads a JSON list of [protocol, address, port] and prints what came of each, in order.

`hello`: the answer of the service behind; `closed`: refused; `silent`: nothing came back.
"""
import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SILENCE_SECONDS = float(sys.argv[1])
UDP_TRIES = 4


def tcp(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(SILENCE_SECONDS)
        try:
            s.connect((address, port))
        except ConnectionRefusedError:
            return "closed"
        except OSError:
            return "silent"
        s.settimeout(max(8, SILENCE_SECONDS))
        try:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            got = b""
            while piece := s.recv(4096):
                got += piece
            return "hello" if b"hello" in got else "closed"
        except OSError:
            return "closed"


def udp(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(SILENCE_SECONDS / UDP_TRIES)
        for _ in range(UDP_TRIES):
            try:
                s.connect((address, port))
                s.send(b"hello")
                return "hello" if s.recv(64) else "closed"
            except ConnectionRefusedError:
                return "closed"
            except OSError:
                pass
    return "silent"


asked = json.load(sys.stdin)
with ThreadPoolExecutor(64) as pool:
    print(json.dumps(list(pool.map(lambda one: (udp if one[0] == "udp" else tcp)(one[1], one[2]), asked))))
