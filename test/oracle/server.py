"""Listens as told by the JSON list [[proto, address, port, options], …] in argv, and answers. Prints `ready` once all are bound."""
import json
import selectors
import socket
import sys

selector = selectors.DefaultSelector()
for proto, address, port, options in json.loads(sys.argv[1]):
    six = ":" in address
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if six:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, options.get("v6only", 0))
    if proto == "udp" and six:
        s.setsockopt(socket.IPPROTO_IPV6, 49, 1)  # IPV6_RECVPKTINFO: answer from the address that was asked
    if proto == "udp" and not options.get("v6only"):
        s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
    if options.get("transparent"):
        s.setsockopt(socket.IPPROTO_IP, 19, 1)
    if options.get("device"):
        s.setsockopt(socket.SOL_SOCKET, 25, options["device"].encode() + b"\0")
    s.bind((address, port))
    s.setblocking(False)
    if proto == "tcp":
        s.listen(1024)
    selector.register(s, selectors.EVENT_READ, proto)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        s = key.fileobj
        try:
            if key.data == "tcp":
                connection, _peer = s.accept()
                connection.close()
                continue
            _data, ancillary, _flags, peer = s.recvmsg(2048, 256)
            back = []
            for level, kind, data in ancillary:
                if (level, kind) == (socket.IPPROTO_IP, 8):
                    back = [(level, 8, b"\0\0\0\0" + data[4:8] + b"\0\0\0\0")]
                if (level, kind) == (socket.IPPROTO_IPV6, 50):
                    back = [(level, 50, data[:16] + (data[16:20] if data[:2] == b"\xfe\x80" else b"\0\0\0\0"))]
            s.sendmsg([b"r"], back, 0, peer)
        except OSError:
            pass
