import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chiSquare } from '../../lambdas/domain/statistics/chi-square.ts';
import { kolmogorovSmirnov } from '../../lambdas/domain/statistics/kolmogorov-smirnov.ts';
import { wasserstein } from '../../lambdas/domain/statistics/wasserstein.ts';
import { seeded } from '../unit/monitoring/population.ts';

/** The tests of one monitoring run (a window of 280 patients against a cohort of 4,000) against SciPy on the same data in the same run; both warm, median of repeats. */
const [REFERENCE, WINDOW, NUMERIC, CATEGORICAL, REPEATS] = [4000, 280, 5, 20, 15];
/** SciPy and we may differ in the last digits. */
const AGREE = 1e-9;

const random = seeded(20_261_121);
const numbers = (n: number, shift: number) => Array.from({ length: n }, () => shift + Array.from({ length: 12 }, random).reduce((a, b) => a + b));
const pairs = Array.from({ length: NUMERIC }, (_, i) => ({ a: numbers(REFERENCE, 0), b: numbers(WINDOW, 0.1 * i) }));
const tables = Array.from(
  { length: CATEGORICAL },
  () => [REFERENCE, WINDOW].map((n) => Array.from({ length: 4 }, () => 1 + Math.floor((random() * n) / 2))) as [number[], number[]],
);

const signals = () => ({
  ks: pairs.map(({ a, b }) => kolmogorovSmirnov(a, b).p),
  wasserstein: pairs.map(({ a, b }) => wasserstein(a, b)),
  chiSquare: tables.map(([a, b]) => chiSquare(a, b).p),
});

const timed = (): number => {
  const started = performance.now();
  signals();
  return (performance.now() - started) / 1000;
};

const python = process.env['PROBAND_PYTHON'] ?? join(import.meta.dirname, '../../.venv/bin/python');
const peer = spawnSync(python, [join(import.meta.dirname, 'drift_scipy.py')], { input: JSON.stringify({ repeats: REPEATS, pairs, tables }), encoding: 'utf8', maxBuffer: 1 << 26 });
if (peer.status !== 0) throw new Error(`SciPy could not be asked: ${peer.error?.message ?? peer.stderr.trim().split('\n').at(-1)}`);
const scipy = JSON.parse(peer.stdout) as ReturnType<typeof signals> & { seconds: number };

const ours = signals();
for (const name of ['ks', 'wasserstein', 'chiSquare'] as const) {
  for (const [index, value] of ours[name].entries())
    if (Math.abs(value - scipy[name][index]!) > AGREE * Math.abs(scipy[name][index]!) + 1e-14) throw new Error(`${name} ${index}: ${value}, SciPy has ${scipy[name][index]}`);
}
const seconds = Array.from({ length: REPEATS }, timed).sort((a, b) => a - b)[Math.floor(REPEATS / 2)]!;
console.log(
  `drift       ${NUMERIC} exact KS + Wasserstein, ${CATEGORICAL} chi-square: ${(1000 * seconds).toFixed(1)} ms; SciPy ${(1000 * scipy.seconds).toFixed(1)} ms; ratio ${(seconds / scipy.seconds).toFixed(2)}`,
);
