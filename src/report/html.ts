import { render } from '../generated/templates/html.js';
import { forTemplate } from '../lib/escape/html.js';
import type { Format } from './format.js';
import { htmlData } from './html-data.js';

/** One self-contained page: no script, no request to anywhere. Its shape is reports/html.hbs, its looks reports/html.css. */
export const htmlFormat: Format = {
  name: 'html',
  render: (reports, look) => render(forTemplate(htmlData(reports, look.minSeverity))),
};
