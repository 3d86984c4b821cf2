import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachAttribute } from '../../src/linux/netlink/attributes.js';
import { AF_INET, AF_INET6, decodeInetDiag, IPPROTO, inetRequest, LISTEN } from '../../src/linux/netlink/inet-diag.js';
import { decodePacketDiag } from '../../src/linux/netlink/packet-diag.js';
import { portFilter } from '../../src/linux/netlink/port-filter.js';
import { decodeUnixDiag } from '../../src/linux/netlink/unix-diag.js';
import { decodeVsockDiag } from '../../src/linux/netlink/vsock-diag.js';
import { Struct } from './bytes.js';

/** `struct inet_diag_msg` of linux/inet_diag.h. */
function inetMessage(family: number, state: number, port: number, address: readonly number[]): Struct {
  return new Struct()
    .u8(family, state, 0, 0)
    .be16(port)
    .be16(0)
    .u8(...address)
    .zeros(16 - address.length)
    .zeros(16)
    .u32(3)
    .u32(0x11223344)
    .u32(1)
    .u32(0)
    .u32(2)
    .u32(128)
    .u32(1000)
    .u32(4711);
}

const decode = (struct: Struct) => {
  const { view, at, end } = struct.message();
  return decodeInetDiag(view, at, end);
};

describe('inet_diag', () => {
  it('reads a TCP listener: backlog used and its maximum, device, cookie, user and inode', () => {
    expect(decode(inetMessage(AF_INET, LISTEN, 8080, [192, 0, 2, 7]))).toMatchObject({
      family: 'ipv4',
      localAddress: '192.0.2.7',
      localPort: 8080,
      deviceIndex: 3,
      cookie: String((1n << 32n) + 0x11223344n),
      receiveQueue: 2,
      sendQueue: 128,
      uid: 1000,
      inode: 4711,
      v6only: null,
      mark: null,
    });
  });

  it('tells IPv6-only, mark, cgroup and IP_TRANSPARENT by their attributes', () => {
    const message = inetMessage(AF_INET6, LISTEN, 443, [])
      .attribute(11, new Struct().u8(1))
      .attribute(15, new Struct().u32(0x2a))
      .attribute(21, new Struct().u32(7).u32(1))
      .attribute(22, new Struct().u8(0x20, 0));
    expect(decode(message)).toMatchObject({
      localAddress: '::',
      v6only: true,
      mark: 42,
      cgroupId: String((1n << 32n) + 7n),
      transparent: true,
    });
  });

  it('reads all local addresses of an SCTP endpoint (INET_DIAG_LOCALS, an array of sockaddr_storage)', () => {
    const four = new Struct().u16(AF_INET).be16(3868).u8(192, 0, 2, 1).zeros(120).bytes();
    const six = new Struct().u16(AF_INET6).be16(3868).u32(0).u8(0x20, 1, 0xd, 0xb8).zeros(11).u8(9).zeros(104).bytes();
    const both = new Struct().u8(...four, ...six);
    expect(decode(inetMessage(AF_INET, LISTEN, 3868, [192, 0, 2, 1]).attribute(12, both)).locals).toEqual([
      '192.0.2.1',
      '2001:db8::9',
    ]);
  });

  it('reads a DCCP listener as it reads a TCP one', () => {
    expect(decode(inetMessage(AF_INET, LISTEN, 5004, [0, 0, 0, 0]))).toMatchObject({ state: LISTEN, localPort: 5004 });
  });

  it('reads the protocol of a raw socket where others have their port', () => {
    expect(decode(inetMessage(AF_INET, 7, 1, [0, 0, 0, 0]))).toMatchObject({ localPort: 1, state: 7 });
  });

  it('asks for MPTCP by an attribute, because its number does not fit the field', () => {
    const request = inetRequest(AF_INET, IPPROTO.mptcp, [LISTEN], null);
    expect(request.length).toBe(64);
    expect(new DataView(request.buffer).getUint32(60, true)).toBe(262);
    expect(new DataView(request.buffer).getUint32(4, true)).toBe(1 << LISTEN);
  });

  it('says so where a message is shorter than its struct', () => {
    expect(() => decode(new Struct().zeros(20))).toThrow(RangeError);
  });
});

describe('the other families', () => {
  it('reads an abstract unix name with a NUL in it, and the accept queue', () => {
    const message = new Struct()
      .u8(1, 5, LISTEN, 0)
      .u32(99)
      .zeros(8)
      .attribute(0, new Struct().u8(0, 0x61, 0, 0x62))
      .attribute(4, new Struct().u32(1).u32(4096))
      .attribute(7, new Struct().u32(33));
    const { view, at, end } = message.message();
    expect(decodeUnixDiag(view, at, end)).toMatchObject({
      type: 'seqpacket',
      state: LISTEN,
      inode: 99,
      name: Uint8Array.of(0, 0x61, 0, 0x62),
      queue: { receive: 1, send: 4096 },
      uid: 33,
    });
  });

  it('reads a sniffer: every EtherType, on one interface', () => {
    const message = new Struct()
      .u8(17, 3)
      .u16(3)
      .u32(555)
      .zeros(8)
      .attribute(0, new Struct().u32(2).zeros(20))
      .attribute(5, new Struct().u32(0));
    const { view, at, end } = message.message();
    expect(decodePacketDiag(view, at, end)).toMatchObject({
      type: 'raw',
      etherType: 3,
      deviceIndex: 2,
      inode: 555,
      uid: 0,
    });
  });

  it('reads a vsock listener on any CID', () => {
    const message = new Struct().u8(40, 1, LISTEN, 0).u32(0xffffffff).u32(1024).u32(0).u32(0).u32(321).zeros(8);
    const { view, at, end } = message.message();
    expect(decodeVsockDiag(view, at, end)).toMatchObject({
      localCid: 0xffffffff,
      localPort: 1024,
      inode: 321,
      state: LISTEN,
    });
  });

  it('walks attributes of any bytes without an error and without leaving them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        eachAttribute(new DataView(bytes.buffer), 0, bytes.length, (_, at, end) => {
          expect(at).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(bytes.length);
        });
      }),
    );
  });
});

/** inet_diag_bc_run, net/ipv4/inet_diag.c, for the operations that are used. */
function accepts(bytecode: Uint8Array, port: number): boolean {
  const view = new DataView(bytecode.buffer);
  let at = 0;
  let left = bytecode.length;
  while (left > 0) {
    const code = view.getUint8(at);
    const operand = left >= 8 ? view.getUint16(at + 6, true) : 0;
    const yes = code === 2 ? port >= operand : code === 3 ? port <= operand : false;
    const step = yes ? view.getUint8(at + 1) : view.getUint16(at + 2, true);
    left -= step;
    at += step;
  }
  return left === 0;
}

/** inet_diag_bc_audit: the kernel refuses the whole where one jump goes astray. */
function isValid(bytecode: Uint8Array): boolean {
  const view = new DataView(bytecode.buffer);
  const chain = new Set<number>();
  for (let at = 0; at < bytecode.length; at += view.getUint8(at + 1)) chain.add(at);
  chain.add(bytecode.length);
  for (const at of chain) {
    if (at === bytecode.length) continue;
    const left = bytecode.length - at;
    const no = view.getUint16(at + 2, true);
    if (no < 4 || no > left + 4 || no % 4 !== 0) return false;
    if (no < left && !chain.has(at + no)) return false;
  }
  return true;
}

const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 3000 });

describe('the port filter', () => {
  it('lets every wanted port through and is what the kernel accepts as a program', () => {
    fc.assert(
      fc.property(ports, (wanted) => {
        const bytecode = portFilter(wanted);
        expect(bytecode.length).toBeLessThan(65_536);
        expect(isValid(bytecode)).toBe(true);
        for (const port of wanted) if (!accepts(bytecode, port)) throw new Error(`port ${port} is not let through`);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps others out, where the ranges are few enough to be told apart', () => {
    const few = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(few, fc.integer({ min: 0, max: 65_535 }), (wanted, port) => {
        expect(accepts(portFilter(wanted), port)).toBe(wanted.includes(port));
      }),
    );
  });
});
