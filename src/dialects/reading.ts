import type { Gap } from '../model/gap.js';
import { HostDraft } from './assemble.js';
import { bsd } from './bsd.js';
import { type Dialect, type Reader, type Row, UNREAD } from './dialect.js';
import { DIALECTS } from './dialects.js';
import {
  cleanLine,
  isDecoration,
  isRemark,
  isSharedHeading,
  pastedCommand,
  ROW_CHARACTERS_MAX,
  unameOf,
} from './lines.js';
import { netTools } from './net-tools.js';
import { cutAtEnd, mayContinue, saysMore } from './wrapped.js';

/** A line that no dialect knows. */
interface Unread {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Lines that are shown one by one; of the rest their number is said. */
const UNREAD_SHOWN_MAX = 10;
/** Lines without digits before a heading that may be its title in a language we do not know. */
const TITLE_LINES_MAX = 4;
/** Characters of a foreign line that a gap or an error quotes. */
const QUOTED_MAX = 160;

export const quoted = (text: string): string =>
  JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text);

/** What programs say when they refuse to work. */
const REFUSAL =
  /^(?:\S*\/)?(?:netstat|ss|lsof|sockstat|busybox|toybox|route|fuser|nmap|'?netstat'? is not|bash|sh|zsh|-bash|-sh|ash)\S*: .+|^Usage: |^usage: /;

/** Reads the lines of all captures of one run, in order, and sorts what they say by host. */
export class Reading {
  readonly #hosts = new Map<string, HostDraft>();
  #host: HostDraft;
  #dialect: Dialect | null = null;
  #reader: Reader | null = null;
  #file = '';
  #line = 0;
  #command = '';
  /** Headings that several dialects share, until a row says whose they are. */
  #held: string[] = [];
  /** Unread lines that may be a title of what follows. */
  #tentative: Unread[] = [];
  readonly #unread: Unread[] = [];
  #unreadCount = 0;
  #rows = 0;
  /** The first reader that knew a heading, for a capture that has no rows. */
  #opened: { readonly reader: Reader; readonly os: string | null } | null = null;
  /** The last row, held until the next line has shown that it is whole. */
  #pending: { readonly text: string; readonly row: Row; readonly reader: Reader } | null = null;
  /** Gaps of what was not read for want of time. */
  readonly #unreached: Gap[] = [];
  /** Lines of all files, and sockets in them that are no connections. */
  lines = 0;
  listeners = 0;
  firstUnread: Unread | null = null;
  refusal: Unread | null = null;

  constructor() {
    this.#host = new HostDraft();
    this.#hosts.set('', this.#host);
  }

  /** A new file begins: nothing of the last one's table goes on. */
  file(name: string): void {
    this.#close();
    this.#file = name;
    this.#line = 0;
    this.#command = '';
  }

  #close(): void {
    this.#flush();
    for (const row of this.#reader?.end?.() ?? []) if (this.#reader !== null) this.#take(row, this.#reader);
    if (this.#reader === null) this.#headingsAlone();
    this.#reader = null;
    this.#dialect = null;
    this.#held = [];
    this.#commitTentative();
  }

  /** A table of which only the headings are there: somebody's netstat found no sockets. */
  #headingsAlone(): void {
    const heading = this.#held.filter(isSharedHeading).join('\n');
    if (heading === '') return;
    const reader = (/\((?:servers and established|only servers|w\/o servers)\)/.test(heading) ? netTools : bsd).open(
      this.#command,
    );
    for (const line of this.#held) reader.row(line);
    this.#opened ??= { reader, os: null };
  }

  /** Time is up: what follows in this file was not read. */
  endsHere(): void {
    this.#unreached.push({
      kind: 'capture',
      what: this.#line === 0 ? `all of ${this.#file}` : `what follows line ${this.#line} of ${this.#file}`,
      why: "the audit's deadline left time for no more",
      hides: 'every listener named there',
      fix: 'raise --timeout, or capture listeners only (`netstat -ln`, `ss -ln`)',
      hidesListeners: true,
    });
  }

  /** Reading ended for want of time. */
  get ranOut(): boolean {
    return this.#unreached.length > 0;
  }

  line(raw: string): void {
    this.#line++;
    this.lines++;
    const text = cleanLine(raw);
    if (text.trim() === '') {
      this.#reader?.row('');
      this.#flush();
      return;
    }
    const long = text.length > ROW_CHARACTERS_MAX;
    let row = this.#reader === null || (long && this.#dialect?.longLines !== true) ? UNREAD : this.#reader.row(text);
    if (row.kind === 'unread') row = this.#open(text);
    if (row.kind === 'unread' && long) {
      this.#commitTentative();
      this.#count({ file: this.#file, line: this.#line, text });
      return;
    }
    if (row.kind !== 'unread' && this.#reader !== null) {
      if (row.kind === 'skip') this.#tentative = [];
      this.#commitTentative();
      this.#flush();
      this.#pending = { text, row, reader: this.#reader };
      return;
    }
    this.#stray(text);
  }

  /** The last line had no line end: what stands at its very end may go on. */
  lastMayBeCut(): void {
    const pending = this.#pending;
    if (pending?.row.kind !== 'socket') return;
    this.#pending = { ...pending, row: { kind: 'socket', socket: cutAtEnd(pending.row.socket, pending.text) } };
  }

  /** Asks every dialect whether the line is its own: a heading beats the shape of a row. */
  #open(text: string): Row {
    let found: Dialect | null = null;
    const long = text.length > ROW_CHARACTERS_MAX;
    for (const dialect of DIALECTS) {
      if (long && dialect.longLines !== true) continue;
      const recognition = dialect.recognise(text);
      if (recognition === 'heading') {
        found = dialect;
        break;
      }
      if (recognition === 'row') found ??= dialect;
    }
    if (found === null) return UNREAD;
    const reader = found.open(this.#command);
    const early = this.#held.map((heading) => reader.row(heading));
    const row = reader.row(text);
    if (row.kind === 'unread') return UNREAD;
    this.#flush();
    for (const late of this.#reader?.end?.() ?? []) if (this.#reader !== null) this.#take(late, this.#reader);
    this.#held = [];
    this.#tentative = [];
    this.#dialect = found;
    this.#reader = reader;
    for (const said of early) this.#take(said, reader);
    return row;
  }

  /** A line that is no row: a command, a heading of somebody, the rest of a wrapped line, or nonsense. */
  #stray(text: string): void {
    const command = pastedCommand(text);
    if (command !== null) {
      if (command.command !== '') {
        this.#close();
        this.#command = command.command;
      }
      if (command.hostname !== null) this.#named(command.hostname);
      this.#commitTentative();
      return;
    }
    const uname = unameOf(text);
    if (uname !== null) {
      this.#named(uname.hostname);
      this.#host.kernel ??= uname.kernel;
      return;
    }
    if (isDecoration(text) || isRemark(text)) return;
    if (isSharedHeading(text)) {
      if (this.#held.length < TITLE_LINES_MAX) this.#held.push(text);
      this.#tentative = [];
      return;
    }
    if (this.#joins(text)) return;
    const unread = { file: this.#file, line: this.#line, text };
    if (REFUSAL.test(text)) {
      this.refusal ??= unread;
      if (this.#reader === null && this.#held.length < TITLE_LINES_MAX) {
        this.#held.push(text);
        return;
      }
    }
    if (/\d/.test(text.replace(/IPv[46]/g, '')) || this.#tentative.length >= TITLE_LINES_MAX) {
      this.#commitTentative();
      this.#count(unread);
    } else this.#tentative.push(unread);
  }

  /** Whether the line is the rest of the one before, which a terminal or a mail program broke. */
  #joins(text: string): boolean {
    const pending = this.#pending;
    const before = pending?.text ?? this.#broken;
    const reader = this.#reader;
    this.#broken = text;
    if (before === null || !mayContinue(before, text, pending !== null)) return false;
    for (const whole of [before + text, `${before} ${text.trimStart()}`]) {
      const row = reader === null ? this.#open(whole) : reader.row(whole);
      const by = this.#reader;
      if (row.kind === 'unread' || by === null || (pending !== null && !saysMore(row, pending.row))) continue;
      if (row.kind === 'socket' && pending === null) this.#forget();
      this.#pending = { text: whole, row, reader: by };
      this.#broken = null;
      return true;
    }
    return false;
  }

  #broken: string | null = null;

  /** The first half of a wrapped row was counted as unread. */
  #forget(): void {
    const tentative = this.#tentative.pop();
    if (tentative !== undefined) return;
    if (this.#unread.at(-1)?.line === this.#line - 1) {
      this.#unread.pop();
      this.#unreadCount--;
    }
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = null;
    this.#broken = null;
    if (pending !== null) this.#take(pending.row, pending.reader);
  }

  #take(row: Row, reader: Reader): void {
    switch (row.kind) {
      case 'unread':
        return;
      case 'skip':
        this.#opened ??= { reader, os: this.#dialect?.os ?? null };
        return;
      case 'many':
        for (const one of row.rows) this.#take(one, reader);
        return;
      case 'host':
        this.#switchHost(row.host.key, row.host.hostname);
        break;
      case 'socket':
        if (row.socket.state !== 'connected') this.listeners++;
        this.#host.socket(row.socket, reader);
        break;
      case 'owner':
        this.#host.owner(row.owner);
        break;
      case 'interface':
        this.#host.interface(row.interface);
        break;
      case 'address':
        this.#host.address(row.address);
        break;
      case 'route':
        this.#host.route(row.route);
        break;
      case 'counter':
        this.#host.counter(row.group, row.name, row.value);
        break;
      case 'membership':
        this.#host.membership(row.membership);
        break;
      case 'probe':
        this.#host.probe(row.probe);
        break;
      case 'gap':
        this.#host.gap(row.gap);
        break;
    }
    this.#rows++;
    this.#host.reads(reader, this.#dialect?.os ?? null);
  }

  /** A prompt names the host; another name than before is another host. */
  #named(hostname: string): void {
    if (this.#host.hostname === null || this.#host.hostname === hostname) {
      this.#host.hostname = hostname;
      return;
    }
    this.#close();
    const there = [...this.#hosts.values()].find((host) => host.hostname === hostname);
    this.#host = there ?? new HostDraft();
    this.#host.hostname = hostname;
    if (there === undefined) this.#hosts.set(`named ${hostname}`, this.#host);
  }

  #switchHost(key: string, hostname: string): void {
    const there = this.#hosts.get(key);
    this.#host = there ?? new HostDraft();
    this.#host.hostname ??= hostname;
    this.#hosts.set(key, this.#host);
  }

  #commitTentative(): void {
    for (const unread of this.#tentative) this.#count(unread);
    this.#tentative = [];
  }

  #count(unread: Unread): void {
    const short = { ...unread, text: unread.text.slice(0, QUOTED_MAX + 1) };
    this.firstUnread ??= short;
    this.#unreadCount++;
    if (this.#unread.length < UNREAD_SHOWN_MAX) this.#unread.push(short);
  }

  /** Hosts that captures spoke of, when all lines were read; none: nothing was recognised. */
  end(): readonly HostDraft[] {
    this.#close();
    if (this.#rows === 0 && this.#opened !== null) this.#host.reads(this.#opened.reader, this.#opened.os);
    const hosts = [...this.#hosts.values()].filter((host) => host.dialect() !== '');
    const [first] = hosts;
    if (first !== undefined)
      for (const gap of [...this.#unreached, ...this.#unreadGaps()]) for (const host of hosts) host.gap(gap);
    return hosts;
  }

  #unreadGaps(): readonly Gap[] {
    const gaps = this.#unread.map(
      (unread): Gap => ({
        kind: 'capture',
        what: `line ${unread.line} of ${unread.file}: ${quoted(unread.text)}`,
        why: 'it makes no sense in the dialect of the lines around it',
        hides: 'what that line says',
        fix: 'compare it with the lines around it; a row that was cut or edited is not read',
        hidesListeners: true,
      }),
    );
    const more = this.#unreadCount - this.#unread.length;
    if (more > 0)
      gaps.push({
        kind: 'capture',
        what: `${more} more lines that make no sense`,
        why: 'no dialect knows them',
        hides: 'what those lines say',
        fix: '',
        hidesListeners: true,
      });
    return gaps;
  }
}
