import { jsonPieces, toJson } from '../lib/escape/json.js';
import type { Report } from '../model/report.js';
import type { Format } from './format.js';

function* pieces(reports: readonly Report[]): Generator<string> {
  const [one] = reports;
  if (reports.length === 1 && one !== undefined) yield* jsonPieces(one, '\n');
  else yield `${toJson(reports, 2)}\n`;
}

/** `earshot.report/1`: one object, or an array of them where a capture held several hosts. */
export const jsonFormat: Format = {
  name: 'json',
  render: (reports) => [...pieces(reports)].join(''),
  pieces,
};
