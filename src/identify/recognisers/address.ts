import { serviceNamed } from '../../lib/services.js';
import type { Process } from '../../model/process.js';
import type { Recogniser, Subject } from '../claim.js';

/** Schemes of the addresses at which servers are told to listen, and the service that each is. */
const SCHEMES: Readonly<Record<string, string>> = {
  http: 'http',
  https: 'https',
  ws: 'websocket',
  wss: 'websocket',
  ftp: 'ftp',
  ldap: 'ldap',
  ldaps: 'ldaps',
  mqtt: 'mqtt',
  mqtts: 'mqtts',
  rtsp: 'rtsp',
  smtp: 'smtp',
};

const URL = /(?:^|[=\s'"[,])([a-z]{2,6}):\/\/(\[[0-9a-f:.]*\]|[\w.*+-]*):(\d{1,5})(?![\d.])/g;

/** Arguments of one process that are looked through, and addresses in one argument. */
const ARGUMENTS_MAX = 256;
const ADDRESSES_MAX = 8;

/** Whether a server that is told to listen at this host opens this very socket; a name other than localhost may be anybody's. */
function isHere(host: string, { group }: Subject): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (/^(?:|\*|\+|0\.0\.0\.0|::)$/.test(bare)) return group.address === '0.0.0.0' || group.address === '::';
  const isLoopback = group.address === '127.0.0.1' || group.address === '::1';
  return bare === group.address || (bare === 'localhost' && isLoopback);
}

/** An address of this very listener among the arguments of a process; null: none. */
function toldTo(process: Process, subject: Subject): { readonly service: string; readonly word: string } | null {
  const ending = `:${subject.group.port}`;
  for (const word of process.args.slice(1, ARGUMENTS_MAX)) {
    if (!word.includes(ending)) continue;
    for (const [, scheme = '', host = '', port] of [...word.matchAll(URL)].slice(0, ADDRESSES_MAX)) {
      const service = SCHEMES[scheme];
      if (service !== undefined && Number(port) === subject.group.port && isHere(host, subject))
        return { service, word: `${scheme}://${host}${ending}` };
    }
  }
  return null;
}

/**
 * A command line that says where to listen as an address with a scheme: `--listen http://0.0.0.0:5000` of this process or of the one that started
 * it. It counts only where nobody knows the program.
 */
export const byAddress: Recogniser = (subject, facts) => {
  if (subject.group.protocol !== 'tcp' || subject.group.port === null) return null;
  for (const process of subject.processes) {
    const parent = process.ppid === null ? null : facts.process(process.ppid);
    for (const one of parent === null ? [process] : [process, parent]) {
      const told = toldTo(one, subject);
      const service = told === null ? null : serviceNamed(told.service);
      if (told !== null && service !== null)
        return {
          by: 'setting',
          service: service.name,
          confidence: 'likely',
          evidence: [`the command line of process ${one.pid} has ${told.word} as an address of its own`],
        };
    }
  }
  return null;
};
