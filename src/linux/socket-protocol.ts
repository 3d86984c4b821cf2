import { addressOf, syscall } from './syscall.js';

const VALUE_BYTES = 128;

let buffers: { readonly name: Buffer; readonly path: Buffer; readonly value: Buffer } | null = null;

/** Name of the protocol of the socket behind a /proc/PID/fd link (`TCP`, `UNIX-STREAM`, `AF_VSOCK`); null: not told. */
export function socketProtocol(path: string): string | null {
  buffers ??= { name: Buffer.alloc(VALUE_BYTES), path: Buffer.alloc(4096), value: Buffer.alloc(VALUE_BYTES) };
  buffers.name.write('system.sockprotoname\0');
  buffers.path.write(`${path}\0`);
  const { name, value } = buffers;
  const length = syscall('getxattr', addressOf(buffers.path), addressOf(name), addressOf(value), VALUE_BYTES);
  return length <= 0 ? null : value.toString('latin1', 0, length).replace(/\0.*$/, '');
}
