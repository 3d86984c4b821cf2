"""Attaches a BPF sk_lookup program to the network namespace it runs in, and stays until its input ends.

The program gives what comes for one port to a listening socket of another. Layouts are those of linux/bpf.h. Prints `ready`, or why not.
"""
import ctypes
import os
import platform
import socket
import struct
import sys

SERVED, LISTENING = int(sys.argv[1]), int(sys.argv[2])
BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
MAP_CREATE, MAP_UPDATE, PROG_LOAD, LINK_CREATE = 0, 2, 5, 28
SOCKMAP, TYPE_SK_LOOKUP, ATTACH_SK_LOOKUP = 15, 30, 36
MAP_LOOKUP, SK_RELEASE, SK_ASSIGN = 1, 86, 124
LOCAL_PORT = 60

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    buffer = ctypes.create_string_buffer(attr.ljust(128, b"\0"), 128)
    result = libc.syscall(BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return result


def instruction(op, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", op, dst | src << 4, off, imm)


listener = socket.create_server(("127.0.0.1", LISTENING))
try:
    table = bpf(MAP_CREATE, struct.pack("<IIII", SOCKMAP, 4, 8, 1))
    key = ctypes.c_uint32(0)
    value = ctypes.c_uint64(listener.fileno())
    bpf(MAP_UPDATE, struct.pack("<IxxxxQQQ", table, ctypes.addressof(key), ctypes.addressof(value), 0))
    code = b"".join(
        [
            instruction(0xBF, 6, 1),
            instruction(0x61, 2, 1, LOCAL_PORT),
            instruction(0x55, 2, 0, 15, SERVED),
            instruction(0x62, 10, 0, -4, 0),
            instruction(0x18, 1, 1, 0, table),
            instruction(0),
            instruction(0xBF, 2, 10),
            instruction(0x07, 2, 0, 0, -4),
            instruction(0x85, imm=MAP_LOOKUP),
            instruction(0x15, 0, 0, 8, 0),
            instruction(0xBF, 7, 0),
            instruction(0xBF, 1, 6),
            instruction(0xBF, 2, 7),
            instruction(0xB7, 3),
            instruction(0x85, imm=SK_ASSIGN),
            instruction(0xBF, 1, 7),
            instruction(0x85, imm=SK_RELEASE),
            instruction(0x05, off=0),
            instruction(0xB7, 0, imm=1),
            instruction(0x95),
        ]
    )
    code_buffer = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"Dual MIT/GPL")
    attr = struct.pack("<IIQQ", TYPE_SK_LOOKUP, len(code) // 8, ctypes.addressof(code_buffer), ctypes.addressof(licence))
    attr = attr.ljust(48, b"\0") + b"earshot_test".ljust(16, b"\0") + struct.pack("<II", 0, ATTACH_SK_LOOKUP)
    program = bpf(PROG_LOAD, attr)
    namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
    link = bpf(LINK_CREATE, struct.pack("<III", program, namespace, ATTACH_SK_LOOKUP))
except OSError as error:
    print(f"refused: {error}", flush=True)
    sys.exit(0)
print("ready", flush=True)
sys.stdin.read()
