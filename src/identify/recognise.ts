import type { Recogniser } from './claim.js';
import { byPort } from './recognisers/port.js';

/** Everything that can say what a listener is. To add one: a file in recognisers/ and a line here. */
export const RECOGNISERS: readonly Recogniser[] = [byPort];
