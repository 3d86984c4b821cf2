import type { Format } from './format.js';
import { terminalFormat } from './terminal.js';

/** The terminal report without colours and hyperlinks, for pipes, logs and mail. */
export const textFormat: Format = {
  name: 'text',
  render: (reports, look, options) => terminalFormat.render(reports, { ...look, color: false }, options),
};
