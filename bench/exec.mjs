// What `earshot exec --for 0 -- true` costs more than `true`: pairs, one after the other, because the machine's load moves.
// Run: node bench/exec.mjs [pairs]
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';

const PAIRS = Number(process.argv[2] ?? 15);
const time = (command, args) => {
  const start = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}`);
  return performance.now() - start;
};
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const more = [];
const ofNode = [];
for (let pair = 0; pair < PAIRS; pair++) {
  const bare = time('true', []);
  const node = time(process.execPath, ['-e', '0']);
  const exec = time(process.execPath, ['dist/earshot.cjs', 'exec', '--for', '0', '--', 'true']);
  more.push(exec - bare);
  ofNode.push(exec / node);
}
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, ${PAIRS} pairs`);
console.log(
  `exec --for 0 -- true: ${Math.round(median(more))} ms more than true (median), ${median(ofNode).toFixed(1)} × node -e 0`,
);
