import { TextTable } from '../lib/lines.js';
import { OPTIONS } from './options-table.js';

/** A port that the command line names, with the service it is for. */
export interface NamedPort {
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  readonly service: string;
  /** The words that say so, as they stand. */
  readonly option: string;
}

const TABLE = new TextTable(OPTIONS);

/** Ports that one process is told, at most. */
const PORTS_MAX = 64;

/** Numbers at the end of a value, or of each of several that commas join. */
function portsIn(value: string): readonly number[] {
  return value.split(',').flatMap((part) => {
    const digits = /(?:^|[:@\]])(\d{1,5})\/?$/.exec(part.trim())?.[1];
    const port = Number(digits);
    return digits === undefined || port === 0 || port > 65535 ? [] : [port];
  });
}

/** Values of an option: in the next word, after `=`, or, of a single letter, in the same word. */
function* valuesOf(
  args: readonly string[],
  option: string,
  further: number,
): Iterable<{ readonly value: string; readonly shown: string }> {
  for (const [index, word] of args.entries()) {
    if (index === 0) continue;
    if (word === option) {
      const value = args[index + 1 + further] ?? '';
      yield { value, shown: [word, ...args.slice(index + 1, index + 2 + further)].join(' ') };
    } else if (word.startsWith(`${option}=`)) yield { value: word.slice(option.length + 1), shown: word };
    else if (option.length === 2 && word.startsWith(option) && /^-.\d/.test(word))
      yield { value: word.slice(2), shown: word };
  }
}

function* fromTable(program: string, args: readonly string[]): Iterable<NamedPort> {
  for (const { text } of TABLE.linesWith(program)) {
    const [programs = '', options = '', service = '', transport = ''] = text.split('|');
    if (!programs.split(' ').includes(program)) continue;
    for (const word of options.split(' ')) {
      const [option = '', further = '0'] = word.split('+');
      for (const { value, shown } of valuesOf(args, option, Number(further)))
        for (const port of portsIn(value))
          for (const one of transport === 'b' ? (['tcp', 'udp'] as const) : (['tcp'] as const))
            yield { transport: one, port, service, option: shown };
    }
  }
}

/** Port of a QEMU character device: `telnet:HOST:PORT,server`, `mon:tcp::PORT`, `socket,host=…,port=PORT`. */
function devicePort(device: string): number | null {
  const digits =
    /^(?:mon:)?(?:tcp|telnet|websocket):[^,]*:(\d{1,5})(?:,|$)/.exec(device)?.[1] ??
    /^socket,(?:.*,)?port=(\d{1,5})(?:,|$)/.exec(device)?.[1];
  return digits === undefined ? null : Number(digits);
}

const QEMU_DEVICES: Readonly<Record<string, string>> = {
  '-monitor': 'qemu-monitor',
  '-qmp': 'qemu-monitor',
  '-qmp-pretty': 'qemu-monitor',
  '-gdb': 'gdbserver',
  '-serial': 'serial-server',
  '-parallel': 'serial-server',
};

/** What qemu(1) says of its sockets: screens, monitors, the debugger's port, serial lines. */
function* ofQemu(args: readonly string[]): Iterable<NamedPort> {
  const named = (port: number, service: string, option: string): NamedPort => ({
    transport: 'tcp',
    port,
    service,
    option,
  });
  const monitors = new Set<string>();
  for (const [index, word] of args.entries())
    if (word === '-mon' || word === '--mon')
      monitors.add(
        /(?:^|,)chardev=([^,]+)/.exec(args[index + 1] ?? '')?.[1] ?? (args[index + 1] ?? '').split(',')[0] ?? '',
      );
  for (const [index, given] of args.entries()) {
    const word = given.replace(/^--/, '-');
    const value = args[index + 1] ?? '';
    const shown = `${word} ${value}`;
    const service = QEMU_DEVICES[word];
    if (word === '-s') yield named(1234, 'gdbserver', word);
    if (service !== undefined) {
      const port = devicePort(value);
      if (port !== null) yield named(port, service, shown);
    } else if (word === '-vnc') {
      const display = /:(\d{1,4})(?:,|$)/.exec(value)?.[1];
      if (display !== undefined) yield named(5900 + Number(display), 'vnc', shown);
    } else if (word === '-spice') {
      for (const [, port] of value.matchAll(/(?:^|,)(?:tls-)?port=(\d{1,5})/g))
        yield named(Number(port), 'spice', shown);
    } else if (word === '-chardev') {
      const port = devicePort(value);
      const id = /(?:^|,)id=([^,]+)/.exec(value)?.[1] ?? '';
      if (port !== null) yield named(port, monitors.has(id) ? 'qemu-monitor' : 'serial-server', shown);
    }
  }
}

const DISPLAYS = /^(?:Xorg|Xvfb|Xephyr|Xnest|Xwayland|X|Xvnc|Xtigervnc|Xtightvnc)$/;

/** An X server's display number is its port less 6000; its screen is seen by VNC at 5900 and that number unless told otherwise. */
function* ofDisplay(program: string, args: readonly string[]): Iterable<NamedPort> {
  const display = args.findIndex((word, index) => index > 0 && /^:\d{1,4}$/.test(word));
  const number = Number(args[display]?.slice(1));
  if (display < 0) return;
  const option = args[display] ?? '';
  yield { transport: 'tcp', port: 6000 + number, service: 'x11', option };
  if (/vnc$/.test(program) && !args.some((word) => /^--?rfbport/.test(word)))
    yield { transport: 'tcp', port: 5900 + number, service: 'vnc', option };
}

/** Everything that one program's arguments say of ports. */
function* portsOf(program: string, args: readonly string[]): Iterable<NamedPort> {
  if (/^(?:qemu-system-\w+|qemu-kvm|kvm)$/.test(program)) yield* ofQemu(args);
  else yield* fromTable(program, args);
  if (DISPLAYS.test(program)) yield* ofDisplay(program, args);
}

/** Ports that the arguments of a program name, each with the service it is for. Never throws: arguments are anybody's. */
export function namedPorts(program: string, args: readonly string[]): readonly NamedPort[] {
  const found: NamedPort[] = [];
  for (const port of portsOf(program, args)) {
    found.push(port);
    if (found.length === PORTS_MAX) break;
  }
  return found;
}
