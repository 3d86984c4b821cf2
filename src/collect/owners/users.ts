import type { Host } from '../host.js';

const PASSWD_BYTES_MAX = 16 * 1024 * 1024;

/** User names by id from the host's /etc/passwd (the first line of an id counts, as getpwuid(3) has it). */
export class UserNames {
  readonly #host: Host;
  #names: Map<number, string> | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The name, or the number as text where there is none. */
  name(uid: number): string {
    this.#names ??= this.#read();
    return this.#names.get(uid) ?? String(uid);
  }

  #read(): Map<number, string> {
    const names = new Map<number, string>();
    const passwd = this.#host.sync.readText('/etc/passwd', PASSWD_BYTES_MAX);
    for (const line of passwd.ok ? passwd.value.split('\n') : []) {
      const [name = '', , uid = ''] = line.split(':');
      if (name !== '' && /^[0-9]{1,10}$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
    }
    return names;
  }
}
