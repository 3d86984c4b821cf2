import type { Banner } from '../said.js';
import { fact, u16le } from '../said.js';

/** Capability CLIENT_SSL of the greeting's lower half (Protocol::HandshakeV10). */
const CLIENT_SSL = 0x0800;

/** MySQL and MariaDB greet with Protocol::HandshakeV10, or with an error where the address may not connect. */
export const mysql: Banner = {
  name: 'mysql-greeting',
  read(heard, service) {
    const length = heard.length < 4 ? -1 : heard.readUIntLE(0, 3);
    if (length < 5 || length > 4096 || heard[3] !== 0) return null;
    if (heard[4] === 0xff) {
      const code = u16le(heard, 5);
      if (code < 1000 || code > 4999) return null;
      return service === 'mysql' || /not allowed|host/i.test(heard.toString('latin1', 7))
        ? { service: 'mysql', facts: { 'mysql.error': String(code) } }
        : null;
    }
    if (heard[4] !== 10) return null;
    const end = heard.indexOf(0, 5);
    if (end < 0 || end > 100) return null;
    const shown = heard.toString('latin1', 5, end).replace(/^5\.5\.5-(?=1\d\.)/, '');
    if (!/^\d+\.\d/.test(shown)) return null;
    // Thread id (4), scramble (8), filler (1), then the lower capabilities.
    const capabilities = u16le(heard, end + 14);
    return {
      service: 'mysql',
      product: /mariadb/i.test(shown) ? 'MariaDB' : 'MySQL',
      version: fact(/^[\d.]+/.exec(shown)?.[0] ?? shown),
      facts: { 'mysql.tls': capabilities >= 0 && (capabilities & CLIENT_SSL) !== 0 ? 'offered' : 'no' },
    };
  },
};
