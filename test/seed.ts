import fc from 'fast-check';

/** Properties try the same values in every run, so that a change is judged and not its luck. `FC_SEED=random` looks for new ones. */
const wanted = process.env['FC_SEED'] ?? '20260301';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
