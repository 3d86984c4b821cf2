import type { Line } from './line.js';

/** What an answer says. */
export interface Said {
  /** Name from the one list; null: it answered, though not what it is. */
  readonly service: string | null;
  readonly product?: string | null;
  readonly version?: string | null;
  /** By dotted name; `authentication` (`none`, `required`) and `encryption` (`tls`, `cleartext`) say what a stranger meets. */
  readonly facts?: Readonly<Record<string, string>>;
  /** What is shown of the answer where its first bytes are not for showing. */
  readonly shown?: string;
}

/** What a handshake may know of the listener before it speaks. */
export interface Asked {
  /** Name that identity gave it. */
  readonly service: string | null;
  /** `ADDRESS:PORT` as the URL of a request names it. */
  readonly host: string;
  /** True: inside TLS. */
  readonly secure: boolean;
  readonly answerMs: number;
}

/** Words that one kind of service is asked with. */
export interface Handshake {
  /** `redis-ping`. */
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  /** Names of the services it may be said to. */
  readonly services: readonly string[];
  /** True: where it is not answered in clear text, it is tried inside TLS. */
  readonly alsoSecure?: boolean;
  /** True: datagrams may answer from another port. */
  readonly anyPort?: boolean;
  /** What silence means where a service may well not answer this; absent: silence is a gap. */
  readonly silence?: Said;
  /** What it may say before it is asked, when it refuses whoever connects; null: not that. */
  unasked?(heard: Buffer): Said | null;
  /** Null: what was heard is no answer to it. Bytes of any kind are heard without an exception. */
  speak(line: Line, asked: Asked): Promise<Said | null>;
}

/** A service that speaks first, and how its greeting is told from others. */
export interface Banner {
  readonly name: string;
  /** True where the greeting is certainly this one's, or fits and `service` says it is. Bytes of any kind are read without an exception. */
  read(heard: Buffer, service: string | null): Said | null;
  /** What follows where identity says the same: a few words that learn more. Null: nothing more was learnt. */
  follow?(line: Line, asked: Asked): Promise<Said | null>;
}

/** A two-byte big-endian number; -1 past the end. */
export const u16 = (bytes: Buffer, at: number): number => (at + 2 <= bytes.length ? bytes.readUInt16BE(at) : -1);
export const u16le = (bytes: Buffer, at: number): number => (at + 2 <= bytes.length ? bytes.readUInt16LE(at) : -1);
export const u32 = (bytes: Buffer, at: number): number => (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : -1);
export const u32le = (bytes: Buffer, at: number): number => (at + 4 <= bytes.length ? bytes.readUInt32LE(at) : -1);

/** Bytes of numbers, and of text in Latin-1. */
export function bytesOf(...parts: readonly (number | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number'
        ? Buffer.from([part & 255])
        : typeof part === 'string'
          ? Buffer.from(part, 'latin1')
          : part,
    ),
  );
}

/** Characters of a value that becomes a fact. */
const FACT_MAX = 200;

/** Foreign text as a fact: bounded. */
export const fact = (text: string): string => text.slice(0, FACT_MAX);

/** True once a whole line was heard. */
export const aLine = (heard: Buffer): boolean => heard.includes(10);
