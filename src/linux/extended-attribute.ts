import { addressOf, syscall } from './syscall.js';

const NAME_BYTES = 128;
const PATH_BYTES = 4_096;
/** A list of access rights with more than 8,000 entries does not fit; none has. */
const VALUE_BYTES = 65_536;

let buffers: { readonly name: Buffer; readonly path: Buffer; readonly value: Buffer } | null = null;

/** Value of an extended attribute of the file at a path, links followed (getxattr(2)); null: there is none, or it is not told. */
export function extendedAttribute(path: string, attribute: string): Buffer | null {
  buffers ??= { name: Buffer.alloc(NAME_BYTES), path: Buffer.alloc(PATH_BYTES), value: Buffer.alloc(VALUE_BYTES) };
  const { name, value } = buffers;
  name.write(`${attribute}\0`);
  buffers.path.write(`${path}\0`);
  const length = syscall('getxattr', addressOf(buffers.path), addressOf(name), addressOf(value), VALUE_BYTES);
  return length <= 0 ? null : Buffer.from(value.subarray(0, length));
}

/** Name of the protocol of the socket behind a /proc/PID/fd link (`TCP`, `UNIX-STREAM`, `AF_VSOCK`); null: not told. */
export function socketProtocol(path: string): string | null {
  return extendedAttribute(path, 'system.sockprotoname')?.toString('latin1').replace(/\0.*$/, '') ?? null;
}
