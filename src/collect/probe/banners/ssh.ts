import type { Banner } from '../said.js';
import { fact } from '../said.js';

/** RFC 4253 section 4.2: `SSH-2.0-OpenSSH_9.2p1 Debian-2`, perhaps after other lines. */
export const ssh: Banner = {
  name: 'ssh-banner',
  read(heard) {
    const found = /^SSH-([\d.]+)-([^\s_-]+)(?:[_-]([^\s-]+))?/m.exec(heard.toString('latin1'));
    if (found === null) return null;
    const [, protocol = '', product = '', version] = found;
    return {
      service: 'ssh',
      product: fact(product),
      version: version === undefined ? null : fact(version),
      facts: { 'ssh.protocol': fact(protocol), encryption: 'tls' },
    };
  },
};
