import type { Dialect } from './dialect.js';
import { netTools } from './net-tools.js';
import { ss } from './ss.js';

/** Every dialect. To add one: its file, and its line here; then a capture in fixtures/dialects with its records. */
export const DIALECTS: readonly Dialect[] = [netTools, ss];
