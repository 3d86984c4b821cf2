import type { Layer } from '../model/report.js';

/** Sizes of the figure, in its own units: a phone shows it whole. */
const BOX_HEIGHT = 30;
const GAP = 4;
const OSI_WIDTH = 170;
const STACK_X = 190;
const STACK_WIDTH = 150;

/** Shades of the TCP/IP layers, from the top; both columns of a layer have the same. */
const SHADES = ['0.05', '0.11', '0.17', '0.23'];

/** Neighbouring OSI layers that are one layer of the TCP/IP stack. */
interface Rung {
  readonly tcpip: string;
  readonly layers: readonly Layer[];
}

function rungsOf(layers: readonly Layer[]): readonly Rung[] {
  const rungs: { readonly tcpip: string; readonly layers: Layer[] }[] = [];
  for (const layer of layers) {
    const last = rungs.at(-1);
    if (last?.tcpip === layer.tcpip) last.layers.push(layer);
    else rungs.push({ tcpip: layer.tcpip, layers: [layer] });
  }
  return rungs;
}

const yOf = (index: number): number => 22 + index * (BOX_HEIGHT + GAP);

const boxOf = (x: number, first: number, rows: number, width: number, shade: string, text: string) => {
  const height = rows * (BOX_HEIGHT + GAP) - GAP;
  return { x, y: yOf(first), width, height, shade, text, textX: x + 10, textY: yOf(first) + height / 2 + 5 };
};

/** The OSI model beside the TCP/IP stack as a picture, and as a table with what this host shows of each layer. */
export function layersData(layers: readonly Layer[] | null) {
  if (layers === null || layers.length === 0) return null;
  const rungs = rungsOf(layers);
  let row = 0;
  const boxes = rungs.flatMap((rung, index) => {
    const shade = SHADES[index] ?? '0.05';
    const first = row;
    row += rung.layers.length;
    return [
      ...rung.layers.map((layer, at) => boxOf(0, first + at, 1, OSI_WIDTH, shade, `${layer.number} ${layer.osi}`)),
      boxOf(STACK_X, first, rung.layers.length, STACK_WIDTH, shade, rung.tcpip),
    ];
  });
  return {
    width: STACK_X + STACK_WIDTH,
    height: yOf(row),
    stackX: STACK_X,
    boxes,
    rows: rungs.flatMap(({ tcpip, layers: own }) =>
      own.map(({ number, osi, shows }, at) => ({
        number,
        osi,
        tcpip: at === 0 ? tcpip : '',
        span: own.length,
        shows: shows.map(({ what, value }) => ({ what, value })),
      })),
    ),
  };
}
