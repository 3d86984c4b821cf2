import type { Recogniser } from './claim.js';
import { byActivation } from './recognisers/activation.js';
import { byAddress } from './recognisers/address.js';
import { byHandshake } from './recognisers/handshake.js';
import { byKernel } from './recognisers/kernel.js';
import { byPort } from './recognisers/port.js';
import { byProgram } from './recognisers/program.js';
import { byRegistration } from './recognisers/registration.js';
import { byRelay } from './recognisers/relay.js';
import { byScript } from './recognisers/script.js';
import { bySetting } from './recognisers/setting.js';

/** Everything that can say what a listener is, in the order of trust. To add one: a file in recognisers/ and a line here. */
export const RECOGNISERS: readonly Recogniser[] = [
  byActivation,
  byRelay,
  byRegistration,
  byScript,
  byProgram,
  byKernel,
  byHandshake,
  bySetting,
  byAddress,
  byPort,
];
