import type { Report } from '../../src/model/report.js';
import { articleHost } from './article.js';
import { captureHost, hostileHost } from './hostile.js';
import { emptyHost } from './samples.js';

/** The stories every format is held against. */
export const HOSTS: readonly (readonly [string, () => Report])[] = [
  ['the host of the article', articleHost],
  ['a host with nothing to report', emptyHost],
  ['a host whose names attack the reader', hostileHost],
  ['a capture with gaps', captureHost],
];
