import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PYTHON } from '../../local/cloud/processes.ts';
import { randomOf } from '../../local/cohort/random.ts';
import { chiSquare } from '../../lambdas/domain/statistics/chi-square.ts';
import { kullbackLeibler } from '../../lambdas/domain/statistics/divergence.ts';
import { benjaminiHochberg } from '../../lambdas/domain/statistics/false-discovery.ts';
import { kolmogorovSmirnov } from '../../lambdas/domain/statistics/kolmogorov-smirnov.ts';
import { wasserstein } from '../../lambdas/domain/statistics/wasserstein.ts';
import { median, report } from './measure.ts';

const ROUNDS = 7;

type Case = { what: string; ours: () => number; function: string; arguments: (number[] | string)[]; calls: number };

const random = randomOf(20_090_219);
const sample = (n: number, shift = 0): number[] => Array.from({ length: n }, () => random.normal(168 + shift, 11));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A training cohort and a week's window; then a size at which ours is Kolmogorov's limit; SciPy's asymptotic p is the one-sample law at the effective n, hence the difference. */
const [cohort, window] = [sample(3000), sample(300, 2)];
const [large, largeWindow] = [sample(20_000), sample(2000, 0.5)];
const [races, racesNow] = [
  [2100, 1150, 300, 250],
  [150, 90, 25, 15],
];
const ps = Array.from({ length: 40 }, () => random.uniform());

const CASES: Case[] = [
  { what: 'KS exact, 3,000 and 300', ours: () => kolmogorovSmirnov(cohort, window).p, function: 'kolmogorovSmirnov', arguments: [cohort, window, 'exact'], calls: 5 },
  { what: 'KS limit, 20,000 and 2,000', ours: () => kolmogorovSmirnov(large, largeWindow).p, function: 'kolmogorovSmirnov', arguments: [large, largeWindow, 'asymp'], calls: 5 },
  { what: 'Wasserstein, 20,000 and 2,000', ours: () => wasserstein(large, largeWindow), function: 'wasserstein', arguments: [large, largeWindow], calls: 5 },
  { what: 'chi-square, 2 x 4', ours: () => chiSquare(races, racesNow).p, function: 'chiSquare', arguments: [races, racesNow], calls: 500 },
  { what: 'KL divergence, 4 classes', ours: () => kullbackLeibler({ reference: races, window: racesNow }), function: 'kullbackLeibler', arguments: [races, racesNow], calls: 500 },
  { what: 'Benjamini-Hochberg, 40 p', ours: () => sum(benjaminiHochberg(ps)), function: 'benjaminiHochberg', arguments: [ps], calls: 500 },
];

const measured = ({ ours, calls }: Case): { milliseconds: number; value: number } => {
  const value = ours();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    for (let call = 0; call < calls; call++) ours();
    return (performance.now() - started) / calls;
  });
  return { milliseconds: median(rounds), value };
};

const given = Object.fromEntries(CASES.map(({ what, ours: _, ...rest }) => [what, { ...rest, rounds: ROUNDS }]));
const scipy = spawnSync(PYTHON, [join(import.meta.dirname, 'scipy_times.py')], {
  input: JSON.stringify(given),
  encoding: 'utf8',
  stdio: ['pipe', 'pipe', 'inherit'],
  maxBuffer: 1 << 24,
});
if (scipy.status !== 0) throw new Error(`test/bench/scipy_times.py ended with ${scipy.status}`);
const theirs = JSON.parse(scipy.stdout) as Record<string, { milliseconds: number; value: number }>;

for (const one of CASES) {
  const [ours, peer] = [measured(one), theirs[one.what]!];
  const difference = Math.abs(ours.value - peer.value) / Math.abs(peer.value);
  report({
    what: one.what,
    peer: 'SciPy',
    ours: ours.milliseconds,
    peers: peer.milliseconds,
    unit: 'ms',
    speed: peer.milliseconds / ours.milliseconds,
    note: `relative difference of the results ${difference.toExponential(0)}`,
  });
}
