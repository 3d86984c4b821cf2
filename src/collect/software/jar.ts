import type { Process } from '../../model/process.js';
import type { Root } from './root.js';

/** The manifest is the first or second entry of a jar (JarOutputStream); a launch script may stand before the archive. */
const HEAD_BYTES = 65_536;
const MANIFEST_BYTES_MAX = 65_536;
const ENTRIES_MAX = 64;

/** Local file header of a zip archive, APPNOTE.TXT 4.3.7: its signature and its size without the name. */
const SIGNATURE = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const HEADER_BYTES = 30;
const MANIFEST = 'META-INF/MANIFEST.MF';

const OTHERS_READ = 0o004;

/** Inflated or plain bytes of an entry; what is cut off is left out. */
function unpacked(data: Buffer, method: number): string | null {
  if (method === 0) return data.toString('utf8');
  if (method !== 8) return null;
  const { inflateRawSync, constants } = process.getBuiltinModule('node:zlib');
  try {
    return inflateRawSync(data, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MANIFEST_BYTES_MAX,
    }).toString('utf8');
  } catch {
    // No archive, a broken one, or a manifest that is longer than is read: it says nothing.
    return null;
  }
}

/** The text of the manifest among the first entries of an archive; null: it is none, or its manifest stands further back. */
function manifestIn(head: Buffer): string | null {
  let at = head.indexOf(SIGNATURE);
  for (let entries = 0; at >= 0 && entries < ENTRIES_MAX; entries++) {
    if (at + HEADER_BYTES > head.length || !head.subarray(at, at + 4).equals(SIGNATURE)) return null;
    const hasSizeBehind = (head.readUInt16LE(at + 6) & 8) !== 0;
    const method = head.readUInt16LE(at + 8);
    const size = head.readUInt32LE(at + 18);
    const nameEnd = at + HEADER_BYTES + head.readUInt16LE(at + 26);
    const start = nameEnd + head.readUInt16LE(at + 28);
    if (head.toString('latin1', at + HEADER_BYTES, nameEnd) === MANIFEST)
      return unpacked(head.subarray(start, hasSizeBehind ? head.length : start + size), method);
    at = hasSizeBehind ? head.indexOf(SIGNATURE, start) : start + size;
  }
  return null;
}

/** `Main-Class` of a manifest; its lines are cut at 72 bytes and go on after a blank (JAR File Specification). */
export function mainClassIn(head: Uint8Array): string | null {
  const manifest = manifestIn(Buffer.from(head.buffer, head.byteOffset, head.byteLength));
  return /^Main-Class:[ \t]*([\w.$]{1,200})/m.exec(manifest?.replace(/\r?\n /g, '') ?? '')?.[1] ?? null;
}

/** The class that a jar starts with, where the process that was told to run it may read it; null: none, or not seen. */
export function mainClassOf(root: Root, holder: Process, path: string): string | null {
  const place = root.place(path);
  const file = place === null ? null : root.host.sync.stat(place);
  if (place === null || file?.ok !== true) return null;
  const isTheirs = holder.uid === 0 || holder.uid === file.value.uid || (file.value.mode & OTHERS_READ) !== 0;
  const head = isTheirs ? root.host.sync.readAt(place, 0, HEAD_BYTES) : null;
  return head?.ok === true ? mainClassIn(head.value) : null;
}
