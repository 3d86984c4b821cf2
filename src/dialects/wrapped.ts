import type { CapturedSocket, Row } from './dialect.js';

/** A row is broken at this column or later; one that makes sense by itself only at a terminal's usual width. */
const WRAP_MIN = 40;
const WIDTH_MIN = 72;

/** The end of a row: a state and what follows it, a process, a list of users. */
const ROW_END = /^\s*(?:[A-Z][A-Z_0-9-]{3,}(?:\s|$)|\d+\/\S|users:\(\()/;
/** What is left of a word that a terminal's edge cut in two; a title in another language is none. */
const WORD_END = /^[\x21-\x7e]{1,1000}(?:\s+[\x21-\x7e]*)?$/;
/** A column that was filled up with blanks is whole. */
const FILLED = /\s{2}$/;

/** Whether a line can be the rest of the one before it at all; a row that is whole by itself goes on only with what ends rows. */
export function mayContinue(before: string, text: string, wholeBefore: boolean): boolean {
  if (before.length < WRAP_MIN) return false;
  if (!wholeBefore) return true;
  return ROW_END.test(text) || (before.length >= WIDTH_MIN && !FILLED.test(before) && WORD_END.test(text));
}

/** A joined row must tell more of its socket than the first line alone did; a joined heading is always one. */
export function saysMore(row: Row, alone: Row): boolean {
  if (row.kind === 'skip') return alone.kind === 'skip';
  if (row.kind !== 'socket' || alone.kind !== 'socket') return false;
  const told = (socket: CapturedSocket): number =>
    socket.owners.reduce(
      (sum, owner) => sum + (owner.pid === null ? 0 : 100) + (owner.pid === null ? 0 : (owner.name?.length ?? 0)),
      0,
    );
  return told(row.socket) > told(alone.socket) || row.socket.state !== alone.socket.state;
}

/** A port whose digits are the last thing in a line without line end is perhaps only the beginning of one. */
export function cutAtEnd(socket: CapturedSocket, text: string): CapturedSocket {
  const digits = /[.:](\d+)$/.exec(text)?.[1];
  if (digits === undefined) return socket;
  if (socket.peer !== null) return { ...socket, peer: { ...socket.peer, port: null } };
  if (socket.local.port !== Number(digits)) return socket;
  return { ...socket, local: { ...socket.local, port: null, portName: `${digits}…`, cut: 'port' } };
}
