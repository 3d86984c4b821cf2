import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type koffiModule from 'koffi';

/** The part of koffi that is used here. */
type Koffi = Pick<typeof koffiModule, 'load' | 'address' | 'errno' | 'view'>;

let loaded: Koffi | null = null;

/** musl's loader (its own manual): beside it the build for glibc is not tried. */
const MUSL = { x64: '/lib/ld-musl-x86_64.so.1', arm64: '/lib/ld-musl-aarch64.so.1' } as const;

/**
 * koffi, loaded at the first call. Its build for glibc is asked for directly where npm put it beside koffi: that skips koffi's own search
 * for a build and its wrappers, three quarters of its 5 ms (measured). Throws where there is none for this machine.
 */
export function koffi(): Koffi {
  if (loaded !== null) return loaded;
  const require = createRequire(import.meta.url);
  const { arch } = process;
  const names = [`@koromix/koffi-linux-${arch}`, 'koffi'];
  if ((arch === 'x64' || arch === 'arm64') && !existsSync(MUSL[arch]))
    names.unshift(`@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`);
  let failure: unknown;
  for (const name of names) {
    try {
      loaded = require(name) as Koffi;
      return loaded;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
