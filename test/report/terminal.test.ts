import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../src/lib/width.js';
import { type Look, PLAIN_LOOK } from '../../src/report/format.js';
import { render } from '../../src/report/formats.js';
import { articleHost } from './article.js';
import { hostileHost } from './hostile.js';
import { HOSTS } from './hosts.js';
import { emptyHost, finding, gap, listener, owner, reportOf, row } from './samples.js';

const COLOR: Look = { ...PLAIN_LOOK, color: true };
const GITHUB: Look = { ...PLAIN_LOOK, ci: 'github' };

/** Our own colours and hyperlinks; anything else with an escape character would stay. */
const withoutSgr = (text: string): string =>
  text.replace(/\u001b\[[\d;]+m/g, '').replace(/\u001b\]8;;[!-~]*\u001b\\/g, '');

const firstScreen = (text: string): string => text.split('\n').slice(0, 23).join('\n');

describe('the first screen', () => {
  it('holds the worst three findings, what was not seen, and the one next command', async () => {
    const screen = firstScreen(await render('text', articleHost(), PLAIN_LOOK));
    expect(screen).toContain('Telnet logins cross the network in clear text');
    expect(screen).toContain('X11 display takes connections from the network without a password');
    expect(screen).toContain('FTP server lets anybody in without a password');
    expect(screen).toContain('sockets of network namespace 4026532417');
    expect(screen).toContain('sudo update-inetd --disable telnet');
    expect(screen).toContain('sudo systemctl restart inetd.service');
  });

  it('holds them on a host with 50 gaps and hostile names too', async () => {
    const screen = firstScreen(await render('text', hostileHost(), PLAIN_LOOK));
    expect(screen.match(/^(?:CRITICAL|HIGH|MEDIUM) /gm)).toHaveLength(3);
    expect(screen).toContain('Not seen: listeners may be missing');
    expect(screen).toMatch(/^Next {6}/m);
  });

  it('begins with a line that a mail subject can carry', async () => {
    const [first = ''] = (await render('text', emptyHost(), PLAIN_LOOK)).split('\n');
    expect(first).toBe('quiet: no findings; no listeners; nothing left unseen');
  });

  it('says that listeners may be missing before it says that there are none', async () => {
    const text = await render(
      'text',
      reportOf({ hostname: 'blind', gaps: [gap({ what: 'every socket', hidesListeners: true })] }),
      PLAIN_LOOK,
    );
    expect(text.split('\n')[0]).toBe('blind: no findings; no listeners; 1 thing not seen, listeners may be missing');
    expect(text).not.toContain('Nothing listens here');
  });
});

describe('the terminal report', () => {
  for (const [what, host] of HOSTS)
    for (const columns of [80, 100, 132])
      it(`of ${what} keeps to ${columns} columns, but for commands and words that cannot be broken`, async () => {
        const text = await render('text', host(), { ...PLAIN_LOOK, columns });
        const wide = text.split('\n').filter((line) => columnsOf(line) > columns);
        expect(wide.filter((line) => !/^\s*(?:sudo|kill|systemctl)?[^ ]*$/.test(line.trim()))).toEqual([]);
      });

  it('names a few of the hundreds of addresses and conditions that one row may have, and counts the rest', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `203.0.113.${i}`);
    const wide = row('public', {
      reachable: 'conditional',
      addresses: many,
      conditions: many.map((address) => `no router sends packets for ${address} here`),
    });
    const held = listener('tcp', '0.0.0.0', 23, { exposure: { widest: 'public', zones: [wide] } });
    const found = finding('telnet-exposed', 'high', held.id);
    const text = await render('text', reportOf({ listeners: [held], findings: [found] }), PLAIN_LOOK);
    expect(text.replace(/\s+/g, ' ')).toContain(
      '203.0.113.3 and 296 more: no router sends packets for 203.0.113.0 here',
    );
    expect(text.split('\n').length).toBeLessThan(60);
  });

  it('says in words what it says in colour', async () => {
    const colored = await render('terminal', articleHost(), COLOR);
    const plain = await render('text', articleHost(), PLAIN_LOOK);
    expect(withoutSgr(colored)).toBe(plain);
    expect(colored).not.toBe(plain);
  });

  it('sends no byte to the terminal but text and its own colours and links', async () => {
    const text = withoutSgr(await render('terminal', hostileHost(), COLOR));
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('is ASCII where the terminal takes no UTF-8', async () => {
    expect(await render('text', hostileHost(), { ...PLAIN_LOOK, unicode: false })).toMatch(/^[\n -~]*$/);
  });

  it('gives GitHub no command to obey, at a line start or within a line', async () => {
    const text = await render('text', hostileHost(), GITHUB);
    expect(text).not.toContain('##[');
    expect(text).not.toMatch(/^\s*::(?:error|add-mask|warning|set-env|stop-commands)/im);
  });

  it('gives GitLab no section to fold', async () => {
    expect(await render('text', hostileHost(), { ...PLAIN_LOOK, ci: 'gitlab' })).not.toMatch(/section_(?:start|end):/);
  });

  it('lists every listener in one table, harmless ones too', async () => {
    const report = articleHost();
    const text = await render('text', report, { ...PLAIN_LOOK, columns: 120 });
    const table = text.slice(text.indexOf('Every listener'));
    for (const port of [21, 22, 23, 69, 6000, 5432, 31337, 80]) expect(table).toContain(`:${port}`);
    expect(table).toContain('/run/docker.sock');
    expect(table).toContain('In network namespace web');
  });

  it('lines columns up under names of wide characters', async () => {
    const wide = [1, 2].map((n) =>
      listener('tcp', '127.0.0.1', n, { owners: [owner(n === 1 ? '日本語サービス' : 'plain', n, { user: null })] }),
    );
    const rows = (await render('text', reportOf({ listeners: wide }), { ...PLAIN_LOOK, columns: 120 }))
      .split('\n')
      .filter((line) => line.includes('127.0.0.1:'));
    const [first = '', second = ''] = rows.map((line) => line.replace(/\s+\d+$/, ''));
    expect(columnsOf(first.slice(0, first.indexOf('日')))).toBe(second.indexOf('plain'));
    const clients = rows.map((line) => columnsOf(line));
    expect(clients[0]).toBe(clients[1]);
  });

  it('makes one group of the findings that one command puts right', async () => {
    const command = 'sudo systemctl disable --now telnet.socket';
    const both = [listener('tcp', '0.0.0.0', 23), listener('tcp', '::', 23)];
    const findings = both.map(({ id }) =>
      finding('telnet-exposed', 'high', id, { title: 'Telnet', remediation: [{ what: 'Stop it', command }] }),
    );
    const text = await render('text', reportOf({ listeners: both, findings }), PLAIN_LOOK);
    expect(text).toContain('1 fix for 2 findings');
    expect(text.slice(text.indexOf('What to do, worst')).split(command)).toHaveLength(2);
  });
});
