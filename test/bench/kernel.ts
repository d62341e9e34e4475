import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PYTHON, ROOT } from '../../local/cloud/processes.ts';
import { report } from './measure.ts';

type Measured = { error: number; gradientError: number; forwardSeconds: number; gradientSeconds: number };
type Rung = Measured & { rtol: number; kernelAtLeastAsAccurate: boolean };

const ended = spawnSync(PYTHON, [join(ROOT, 'containers', 'bench', 'kernel.py')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const last = ended.stdout.trim().split('\n').at(-1) ?? '';
// it ends with 1, too, where a ratio is below the one it is held to: the figures are told all the same
if (!last.startsWith('{')) throw new Error(`containers/bench/kernel.py ended with ${ended.status} and no result`);
const { patients, days, kernel, ladder } = JSON.parse(last) as { patients: number; days: number; kernel: Measured; ladder: Rung[] };

const comparable = ladder.filter(({ kernelAtLeastAsAccurate }) => kernelAtLeastAsAccurate);
if (comparable.length === 0) throw new Error('no tolerance of the peer is as inaccurate as the kernel: nothing to compare with');
for (const [what, seconds, error] of [
  ['forward', 'forwardSeconds', 'error'],
  ['gradient', 'gradientSeconds', 'gradientError'],
] as const) {
  const cheapest = comparable.reduce((a, b) => (b[seconds] < a[seconds] ? b : a));
  report({
    what: `kernel, ${what}`,
    peer: `vmap(Diffrax Tsit5), rtol ${cheapest.rtol}, ${patients} patients, ${days} days`,
    ours: kernel[seconds] * 1e3,
    peers: cheapest[seconds] * 1e3,
    unit: 'ms',
    speed: cheapest[seconds] / kernel[seconds],
    note: `error ${kernel[error].toExponential(0)} against ${cheapest[error].toExponential(0)}`,
  });
}
