import type { RawFeatures } from '../../../lambdas/domain/features/feature-view.ts';
import type { Reference, WindowRow } from '../../../lambdas/domain/monitoring/watched.ts';

/** mulberry32 */
export const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};
export type Random = ReturnType<typeof seeded>;

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const oneOf = <T>(random: Random, shares: readonly (readonly [T, number])[]): T => {
  let left = random();
  for (const [value, share] of shares) {
    left -= share;
    if (left < 0) return value;
  }
  return shares.at(-1)![0];
};

/** Share of VKORC1 -1639 A alleles by race: about 0.9 in Asian, 0.4 in White, 0.1 in Black patients (Limdi NA et al. Blood 2010;115:3827-34). */
const A_ALLELES = { White: 0.4, Asian: 0.9, Black: 0.1, Unknown: 0.5 } as const;
type Race = keyof typeof A_ALLELES;
const VKORC1 = ['G/G', 'A/G', 'A/A'] as const;

export type Population = {
  races: readonly (readonly [Race, number])[];
  ageDecade: number;
  /** log weekly dose per A allele; what the model believes is -0.25 */
  perAllele: number;
  /** standard deviation of the log dose around the model, by race */
  noise: (race: Race) => number;
  /** log weekly dose of everybody against what the model believes */
  bias: number;
  weightGiven: number;
  aspirin: number;
  latencyMs: number;
};

export const USUAL: Population = {
  races: [
    ['White', 0.6],
    ['Asian', 0.22],
    ['Black', 0.12],
    ['Unknown', 0.06],
  ],
  ageDecade: 6,
  perAllele: -0.25,
  noise: () => 0.33,
  bias: 0,
  weightGiven: 0.95,
  aspirin: 0.2,
  latencyMs: 30,
};

/** Half the width of a 90 % interval of the usual noise, on the log scale. */
const HALF_INTERVAL = 1.645 * 0.33;

/** One patient: the model is right about the usual population by construction, but for its noise. */
export const patient = (random: Random, population: Population): WindowRow & { observed: number } => {
  const race = oneOf(random, population.races);
  const alleles = Number(random() < A_ALLELES[race]) + Number(random() < A_ALLELES[race]);
  const age = Math.min(9, Math.max(1, Math.round(population.ageDecade + 1.4 * normal(random))));
  const weight = 78 + 17 * normal(random);
  const believed = 3.65 - 0.07 * (age - 6) + 0.006 * (weight - 78) + (race === 'Black' ? 0.05 : 0);
  const predicted = Math.exp(believed - 0.25 * alleles);
  const features: RawFeatures = {
    age_decade: age,
    height_cm: random() < 0.85 ? 168 + 10 * normal(random) : null,
    weight_kg: random() < population.weightGiven ? weight : null,
    sex: random() < 0.6 ? 'male' : 'female',
    race,
    vkorc1: VKORC1[alleles]!,
    cyp2c9: oneOf(random, [
      ['*1/*1', 0.78],
      ['*1/*2', 0.12],
      ['*1/*3', 0.08],
      ['*2/*3', 0.02],
    ]),
    amiodarone: random() < 0.05 ? 1 : 0,
    aspirin: random() < population.aspirin ? 1 : 0,
  };
  const observed = Math.exp(believed + population.perAllele * alleles + population.bias + population.noise(race) * normal(random));
  return {
    features,
    predicted,
    lower: predicted * Math.exp(-HALF_INTERVAL),
    upper: predicted * Math.exp(HALF_INTERVAL),
    latencyMs: population.latencyMs * (0.5 + random()),
    observed,
  };
};

export const windowOf = (random: Random, n: number, changes: Partial<Population> = {}): (WindowRow & { observed: number })[] =>
  Array.from({ length: n }, () => patient(random, { ...USUAL, ...changes }));

export const referenceOf = (
  random: Random,
  n: number,
  read: readonly string[] = ['age_decade', 'height_cm', 'weight_kg', 'target_inr', 'sex', 'race', 'cyp2c9', 'vkorc1', 'amiodarone', 'enzyme_inducer'],
): Reference => ({ rows: windowOf(random, n), intervalLevel: 0.9, read: new Set(read) });
