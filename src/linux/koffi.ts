import { createRequire } from 'node:module';
import type koffiModule from 'koffi';

/** The part of koffi that is used here. */
type Koffi = Pick<typeof koffiModule, 'load' | 'address' | 'errno' | 'view'>;

let loaded: Koffi | null = null;

/**
 * koffi, loaded at the first call. Its platform package is asked for directly where npm put it beside koffi: that skips koffi's own search
 * for a build and its wrappers, half of its 5 ms (measured). Throws where there is none for this machine.
 */
export function koffi(): Koffi {
  if (loaded !== null) return loaded;
  const require = createRequire(import.meta.url);
  try {
    loaded = require(`@koromix/koffi-linux-${process.arch}`) as Koffi;
  } catch {
    loaded = require('koffi') as Koffi;
  }
  return loaded;
}
