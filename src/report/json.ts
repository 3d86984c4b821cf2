import { toJson } from '../lib/escape/json.js';
import type { Format } from './format.js';

/** `earshot.report/1`: one object, or an array of them where a capture held several hosts. */
export const jsonFormat: Format = {
  name: 'json',
  render: (reports) => `${toJson(reports.length === 1 ? reports[0] : reports, 2)}\n`,
};
