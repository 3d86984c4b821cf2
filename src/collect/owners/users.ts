import type { Host } from '../host.js';

const PASSWD_BYTES_MAX = 16 * 1024 * 1024;

/** Names by id from the host's /etc/passwd, or /etc/group (the first line of an id counts, as getpwuid(3) and getgrgid(3) have it). */
export class UserNames {
  readonly #host: Host;
  readonly #path: '/etc/passwd' | '/etc/group';
  #names: Map<number, string> | null = null;

  constructor(host: Host, path: '/etc/passwd' | '/etc/group' = '/etc/passwd') {
    this.#host = host;
    this.#path = path;
  }

  /** The name, or the number as text where there is none. */
  name(uid: number): string {
    this.#names ??= this.#read();
    return this.#names.get(uid) ?? String(uid);
  }

  #read(): Map<number, string> {
    const names = new Map<number, string>();
    const passwd = this.#host.sync.readText(this.#path, PASSWD_BYTES_MAX);
    for (const line of passwd.ok ? passwd.value.split('\n') : []) {
      const [name = '', , uid = ''] = line.split(':');
      if (name !== '' && /^[0-9]{1,10}$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
    }
    return names;
  }
}
