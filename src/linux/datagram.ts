import { addressOf, syscall } from './syscall.js';

/** linux/socket.h, asm-generic/socket.h. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const EAGAIN = 11;
const ENOBUFS = 105;
const ENAMETOOLONG = 36;

/** `struct sockaddr_un` of linux/un.h: the family in host order, then the path with its NUL. */
const PATH_BYTES_MAX = 108;
/** A receiver whose queue is full gets this long for one message. */
const WAIT_MS = 2000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends datagrams to a unix socket, which Node cannot. Returns 0, or the errno of the first that was not taken (those before it were).
 * @param path file of the socket, at most 107 bytes.
 */
export async function sendDatagrams(path: string, messages: readonly Uint8Array[]): Promise<number> {
  const name = Buffer.from(path);
  if (name.length >= PATH_BYTES_MAX) return ENAMETOOLONG;
  const address = Buffer.alloc(2 + PATH_BYTES_MAX);
  new DataView(address.buffer, address.byteOffset).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  const length = 2 + name.length + 1;
  const fd = syscall('socket', AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -fd;
  try {
    for (const message of messages) {
      const bytes = Buffer.alloc(Math.max(message.length, 128));
      bytes.set(message);
      for (const start = Date.now(); ; await pause(5)) {
        const sent = syscall('sendto', fd, addressOf(bytes), message.length, MSG_NOSIGNAL, addressOf(address), length);
        if (sent >= 0) break;
        if ((sent !== -EAGAIN && sent !== -ENOBUFS) || Date.now() - start > WAIT_MS) return -sent;
      }
    }
    return 0;
  } finally {
    syscall('close', fd);
  }
}
