import { greetings, mysqlx, nats } from './banners/greetings.js';
import { mysql } from './banners/mysql.js';
import { nbd } from './banners/nbd.js';
import { ftp, imap, nntp, pop3, smtp } from './banners/replies.js';
import { rsync } from './banners/rsync.js';
import { ssh } from './banners/ssh.js';
import { munin, talkers } from './banners/talkers.js';
import { telnet } from './banners/telnet.js';
import { vnc } from './banners/vnc.js';
import type { Banner, Said } from './said.js';

/** Services that speak first. To add one: a file in banners/ and a line here. */
export const BANNERS: readonly Banner[] = [
  ssh,
  vnc,
  rsync,
  mysql,
  mysqlx,
  nats,
  nbd,
  greetings,
  imap,
  pop3,
  smtp,
  ftp,
  nntp,
  munin,
  telnet,
  talkers,
];

/** Names under which identity knows those that greet whoever connects. */
export const GREETS: ReadonlySet<string> = new Set(
  (
    'ssh ftp ftps smtp smtps submission pop3 pop3s imap imaps nntp nntps vnc mysql telnet telnets rsync munin chargen qotd daytime time ' +
    'openvpn-management varnish-admin coturn-cli svn dict mpd gpsd sieve lmtp nats nbd mysqlx asterisk-ami freeswitch-esl vmware-auth ' +
    'checkmk-agent rserve ganglia hylafax hddtemp zebra activemq zeromq mumble'
  ).split(' '),
);

/** Whose greeting it is; null: nobody's that is known. */
export function readBanner(
  heard: Buffer,
  service: string | null,
): { readonly banner: Banner; readonly said: Said } | null {
  for (const banner of BANNERS) {
    const said = banner.read(heard, service);
    if (said !== null) return { banner, said };
  }
  return null;
}
