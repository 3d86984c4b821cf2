import { describe, expect, it } from 'vitest';
import { CODE_PAGES } from '../../src/dialects/code-pages.js';
import { gapsOf, readOne, records } from './from.js';

const GERMAN = `
Aktive Verbindungen

  Proto  Lokale Adresse         Remoteadresse          Status           PID
  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN         624
  TCP    127.0.0.1:1110         127.0.0.1:53588        HERGESTELLT     2588
  TCP    [::1]:49396            [::]:0                 ABHÖREN         6864
  UDP    0.0.0.0:68             *:*                                    1216
`;
const EXPECTED = [
  'bound udp 0.0.0.0:68 1216/',
  'connected tcp 127.0.0.1:1110 > 127.0.0.1:53588 2588/',
  'listen tcp 0.0.0.0:135 624/',
  'listen tcp [::1]:49396 6864/',
];

const oem = (text: string, page: string): Uint8Array =>
  Uint8Array.from([...text], (letter) => {
    const code = letter.charCodeAt(0);
    return code < 0x80 ? code : (CODE_PAGES[page] ?? '').indexOf(letter) + 0x80;
  });

const utf16 = (text: string, littleEndian: boolean, mark: boolean): Uint8Array => {
  const bytes = Buffer.from(mark ? `\ufeff${text}` : text, 'utf16le');
  return littleEndian ? bytes : bytes.swap16();
};

const windowsLines = (text: string): string => text.replaceAll('\n', '\r\n');

describe('a capture is read in whatever encoding its system wrote it', () => {
  it.each([
    ['UTF-8 with CR LF', Buffer.from(windowsLines(GERMAN))],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${GERMAN}`)],
    ['UTF-16 of a PowerShell redirection', utf16(windowsLines(GERMAN), true, true)],
    ['UTF-16, big-endian', utf16(GERMAN, false, true)],
    ['UTF-16 whose mark was lost', utf16(GERMAN, true, false)],
    ['code page 850 of a German console', oem(windowsLines(GERMAN), '850')],
    ['code page 437', oem(GERMAN, '437')],
    ['Windows-1252', Buffer.from(GERMAN, 'latin1')],
    ['CR alone', Buffer.from(GERMAN.replaceAll('\n', '\r'))],
  ])('%s', async (_name, bytes) => {
    const snapshot = await readOne(bytes);
    expect(await records(bytes)).toEqual(EXPECTED);
    expect(gapsOf(snapshot).filter((what) => what.startsWith('line '))).toEqual([]);
  });

  it('reads Russian headings of code page 866', async () => {
    const text = `\r\n${'Активные подключения'}\r\n\r\n  Имя    Локальный адрес        Внешний адрес          Состояние       PID\r\n  TCP    0.0.0.0:445            0.0.0.0:0              LISTENING       4\r\n`;
    const bytes = Uint8Array.from([...text], (letter) => {
      const code = letter.charCodeAt(0);
      if (code < 0x80) return code;
      const index = code - 0x410;
      return index < 48 ? 0x80 + index : 0xe0 + index - 48;
    });
    expect(await records(bytes)).toEqual(['listen tcp 0.0.0.0:445 4/']);
  });

  it('reads Japanese headings of code page 932', async () => {
    // "  プロトコル  ローカル アドレス" in Shift_JIS
    const heading = '202083768389836783528383202083758ac4';
    const bytes = Buffer.concat([
      Buffer.from(heading, 'hex'),
      Buffer.from('\r\n  TCP    0.0.0.0:3389           0.0.0.0:0              LISTENING       1020\r\n'),
    ]);
    expect(await records(bytes)).toEqual(['listen tcp 0.0.0.0:3389 1020/']);
  });

  it('keeps bytes of a Linux process name that are no UTF-8 as \\xNN', async () => {
    const bytes = Buffer.concat([
      Buffer.from('tcp        0      0 0.0.0.0:7000            0.0.0.0:*               LISTEN      12/caf'),
      Buffer.from([0xe9]),
      Buffer.from('\n'),
    ]);
    expect(await records(bytes)).toEqual(['listen tcp 0.0.0.0:7000 12/caf\\xe9']);
  });
});
