import { type Escaped, joined } from '../lib/escape/escaped.js';
import { type CiLog, escapeTerminal, guardLog, painted, type Style, terminal } from '../lib/escape/terminal.js';
import { clip, pad, wrap } from '../lib/escape/wrap.js';
import type { Layer } from '../model/report.js';

type Text = Escaped<'terminal'>;

/** How a page may look here. */
export interface PageLook {
  readonly columns: number;
  readonly color: boolean;
  readonly unicode: boolean;
  readonly ci: CiLog;
}

const COLUMNS_MIN = 40;
const COLUMNS_MAX = 100;
const OSI_COLUMNS = 17;
const STACK_COLUMNS = 16;
/** Fewest columns in which it is worth saying what this host has beside the stacks. */
const SPOKEN_COLUMNS_MIN = 12;
const GAP = '  ';
const LABEL_COLUMNS = 18;

/** Lines of a box: across, down, corners and joints. */
interface Frame {
  readonly across: string;
  readonly down: string;
  readonly top: readonly [string, string];
  readonly middle: readonly [string, string];
  readonly bottom: readonly [string, string];
  readonly dots: string;
}

const DRAWN: Frame = {
  across: '─',
  down: '│',
  top: ['┌', '┐'],
  middle: ['├', '┤'],
  bottom: ['└', '┘'],
  dots: '…',
};
const TYPED: Frame = {
  across: '-',
  down: '|',
  top: ['+', '+'],
  middle: ['+', '+'],
  bottom: ['+', '+'],
  dots: '...',
};

/** A colour for each layer of the TCP/IP stack, so that the two figures are seen to belong together. */
const STYLES: Readonly<Record<string, readonly Style[]>> = {
  Application: ['magenta'],
  Transport: ['blue'],
  Internet: ['cyan'],
  'Network access': ['green'],
};

/** What this host has at a layer of the stack, in a few words. */
function spokenAt({ tcpip }: Layer, layers: readonly Layer[]): string {
  const facts = layers.filter((layer) => layer.tcpip === tcpip).flatMap((layer) => layer.shows);
  if (tcpip === 'Network access') {
    const [links] = layers.filter((layer) => layer.tcpip === tcpip);
    const names = (links?.shows ?? []).map(({ what }) => what).filter((what) => !NO_LINKS.includes(what));
    return names.join(', ');
  }
  return facts[0]?.value ?? '';
}

/** What layer 2 tells beside its interfaces. */
const NO_LINKS = ['further', 'down', 'shown by'];

class Figure {
  readonly #frame: Frame;
  readonly #look: PageLook;
  readonly #width: number;

  constructor(look: PageLook) {
    this.#look = look;
    this.#frame = look.unicode ? DRAWN : TYPED;
    this.#width = Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, look.columns));
  }

  get width(): number {
    return this.#width;
  }

  safe(text: string): Text {
    return escapeTerminal(text, this.#look.unicode);
  }

  paint(text: Text, styles: readonly Style[]): Text {
    return this.#look.color ? painted(text, styles) : text;
  }

  #box(words: string, columns: number, styles: readonly Style[]): Text {
    const { down, dots } = this.#frame;
    const inside = clip(this.safe(words), columns - 2, dots);
    return terminal`${this.safe(down)} ${this.paint(inside, styles)}${this.safe(pad(inside, columns - 2))} ${this.safe(down)}`;
  }

  #edge(columns: number, corners: readonly [string, string]): string {
    return `${corners[0]}${this.#frame.across.repeat(columns)}${corners[1]}`;
  }

  /** Columns beside the two stacks. */
  get #room(): number {
    const room = this.#width - OSI_COLUMNS - STACK_COLUMNS - 4 - 2 * GAP.length;
    return room < SPOKEN_COLUMNS_MIN ? 0 : room;
  }

  #titles(): Text {
    const stacks = `  ${'OSI model'.padEnd(OSI_COLUMNS)}${GAP}  ${'TCP/IP stack'.padEnd(STACK_COLUMNS)}`;
    return this.paint(this.safe(this.#room === 0 ? stacks.trimEnd() : `${stacks}${GAP}this host`), ['dim']);
  }

  /** The two stacks, and at the right what this host has there. */
  *stacks(layers: readonly Layer[]): Generator<Text> {
    const { top, middle, bottom, down, dots } = this.#frame;
    yield this.#titles();
    for (const [index, layer] of layers.entries()) {
      const corners = index === 0 ? top : middle;
      const opens = layers[index - 1]?.tcpip !== layer.tcpip;
      const side = opens ? this.#edge(STACK_COLUMNS, corners) : `${down}${' '.repeat(STACK_COLUMNS)}${down}`;
      yield this.safe(`${this.#edge(OSI_COLUMNS, corners)}${GAP}${side}`);
      const styles = STYLES[layer.tcpip] ?? [];
      const left = this.#box(`${layer.number}  ${layer.osi}`, OSI_COLUMNS, styles);
      const right = this.#box(opens ? layer.tcpip : '', STACK_COLUMNS, ['bold', ...styles]);
      const stacks = terminal`${left}${this.safe(GAP)}${right}`;
      const spoken = opens && this.#room > 0 ? spokenAt(layer, layers) : '';
      yield spoken === '' ? stacks : terminal`${stacks}${this.safe(GAP)}${clip(this.safe(spoken), this.#room, dots)}`;
    }
    yield this.safe(`${this.#edge(OSI_COLUMNS, bottom)}${GAP}${this.#edge(STACK_COLUMNS, bottom)}`);
  }

  heading(layer: Layer): Text {
    const words = this.safe(`${layer.number} ${layer.osi}`);
    const tail = this.safe(layer.tcpip);
    const rule = this.#frame.across.repeat(Math.max(2, this.#width - words.length - tail.length - 2));
    const styles = STYLES[layer.tcpip] ?? [];
    return terminal`${this.paint(words, ['bold', ...styles])} ${this.paint(this.safe(rule), ['dim'])} ${this.paint(tail, styles)}`;
  }

  *fact(what: string, value: string): Generator<Text> {
    const label = clip(this.safe(what), LABEL_COLUMNS - 2, this.#frame.dots);
    const lines = wrap(this.safe(value), this.#width - LABEL_COLUMNS - 2);
    for (const [index, line] of lines.entries())
      yield index === 0
        ? terminal`  ${this.paint(label, ['dim'])}${this.safe(pad(label, LABEL_COLUMNS))}${line}`
        : terminal`  ${this.safe(' '.repeat(LABEL_COLUMNS))}${line}`;
  }
}

/** `netstat --layers`: the two stacks side by side, and below each OSI layer with what this host has there. */
export function layersPage(layers: readonly Layer[], hostname: string, look: PageLook): string {
  const figure = new Figure(look);
  const lines: Text[] = [
    figure.paint(clip(figure.safe(`The layers of ${hostname}`), figure.width, '.'), ['bold']),
    terminal``,
    ...figure.stacks(layers),
    terminal``,
  ];
  for (const layer of layers) {
    lines.push(figure.heading(layer));
    for (const { what, value } of layer.shows) lines.push(...figure.fact(what, value));
    lines.push(terminal``);
  }
  return guardLog(`${joined(lines, terminal`\n`)}\n`, look.ci);
}
