import type { Handshake, Said } from '../said.js';
import { fact } from '../said.js';

/** UPnP Device Architecture 2.0 section 1.3.2, sent to the listener alone and not to the group. */
const SEARCH =
  'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n';

/** A response with a search target. Null: not SSDP. */
export function readResponse(heard: Buffer): Said | null {
  const text = heard.toString('latin1', 0, 2048);
  if (!/^HTTP\/1\.[01] 200\b/.test(text) || !/^(?:ST|USN):/im.test(text)) return null;
  const server = /^SERVER: *(.*?)\r?$/im.exec(text)?.[1];
  const [, product, version] =
    /([\w-]*(?:upnp|dlna)[\w-]*)\/([\w.]+)\s*$/i.exec(server ?? '') ??
    /(Portable SDK for UPnP devices)\/([\w.]+)/i.exec(server ?? '') ??
    [];
  return {
    service: 'ssdp',
    product: product === undefined ? null : fact(product),
    version: version === undefined ? null : fact(version),
    facts: server === undefined ? {} : { 'ssdp.server': fact(server) },
  };
}

export const ssdp: Handshake = {
  name: 'ssdp-search',
  transport: 'udp',
  services: ['ssdp'],
  // Devices answer from a socket of its own for each search.
  anyPort: true,
  // Devices answer within MX, some to the group only.
  silence: { service: null, facts: { 'ssdp.search': 'not answered' } },
  async speak(line, { answerMs }) {
    line.send(SEARCH, 'M-SEARCH to this listener alone');
    await line.hear((heard) => heard.includes('\r\n\r\n'), answerMs + 500);
    return readResponse(line.heard);
  },
};
