// A long run of the fuzzer: node test/oracle/long.mjs --probes 100000 --seed 42
// Prints the seed; a failure names the seed of its own ruleset, which makes it again with --probes 100.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { probes: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } },
});
console.error(`${values.probes} probes, seed ${values.seed}`);
const { status } = spawnSync('npx', ['vitest', 'run', 'test/oracle', '--disable-console-intercept'], {
  stdio: 'inherit',
  env: { ...process.env, EARSHOT_FUZZ_PROBES: values.probes, EARSHOT_FUZZ_SEED: values.seed, EARSHOT_FUZZ_SHOW: '1' },
});
process.exitCode = status ?? 1;
