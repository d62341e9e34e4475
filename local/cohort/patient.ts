import {
  BODY,
  CLINIC,
  CYP2C9,
  DOSE_EQUATION,
  HAPLOTYPES,
  HAPLOTYPE_FREQUENCIES,
  type Haplotype,
  INDUCER_SHARE,
  INR_ON_DOSE,
  RESIDUAL_SD,
  type Race,
  SNPS,
  type Snp,
} from './marginals.ts';
import type { Random } from './random.ts';

export const FLAGS = [
  'aspirin',
  'acetaminophen',
  'simvastatin',
  'atorvastatin',
  'fluvastatin',
  'lovastatin',
  'pravastatin',
  'rosuvastatin',
  'cerivastatin',
  'amiodarone',
  'carbamazepine',
  'phenytoin',
  'rifampin',
  'sulfonamide',
  'macrolide',
  'azole',
  'herbal',
] as const;
export type Flag = (typeof FLAGS)[number];

export type Patient = {
  race: Race;
  hispanic: boolean;
  sex: 'male' | 'female';
  ageDecade: number;
  heightCm: number;
  weightKg: number;
  indications: number[];
  diabetes: boolean;
  heartFailure: boolean;
  valveReplacement: boolean;
  smoker: boolean;
  drugs: Record<Flag, boolean>;
  cyp2c9: string;
  vkorc1: Record<Snp, string>;
  weeklyDoseMg: number;
  inrOnDose: number;
  /** high: mechanical valves with a target of 3, outside the published cohort */
  target: 'usual' | 'high';
  stable: boolean;
};

/** How a population differs from the published one. */
export type Population = {
  raceShares: Record<Race, number>;
  /** added to the mean age, years */
  ageShiftYears: number;
  /** factor on the genotype terms of the dose equation: 1 as published */
  genotypeEffect: number;
};

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

export const drawPatient = (random: Random, { raceShares, ageShiftYears, genotypeEffect }: Population): Patient => {
  const race = random.pick(Object.keys(raceShares) as Race[], Object.values(raceShares));
  const body = BODY[race];
  const clinic = CLINIC[race];
  const sex = random.chance(body.femaleShare) ? 'female' : 'male';
  const ageDecade = clamp(Math.floor(random.normal(body.age[0] + ageShiftYears, body.age[1]) / 10), 1, 9);
  const heightCm = round(clamp(random.normal(body[sex].heightCm, body.heightSd), 130, 205), 1);
  // heavier with height: 0.9 kg per cm
  const weightKg = round(clamp(random.normal(body[sex].weightKg + 0.9 * (heightCm - body[sex].heightCm), body.weightSd), 34, 220), 1);
  const cyp2c9 = drawCyp2c9(random, race);
  const vkorc1 = drawVkorc1(random, race);
  const indication = random.pick(Object.keys(clinic.indications) as (keyof typeof clinic.indications)[], Object.values(clinic.indications));
  const drugs = drawDrugs(random, clinic.statin, clinic.aspirin, clinic.amiodarone);
  const valveReplacement = indication === 'valve' && random.chance(0.85);
  const target = valveReplacement && random.chance(0.3) ? 'high' : 'usual';
  const dose = stableDose(
    random,
    { race, ageDecade, heightCm, weightKg, cyp2c9, vkorc1: vkorc1['-1639'], inducer: drugs.carbamazepine || drugs.phenytoin || drugs.rifampin, amiodarone: drugs.amiodarone },
    genotypeEffect,
  );
  return {
    race,
    hispanic: race === 'Unknown' && random.chance(0.4),
    sex,
    ageDecade,
    heightCm,
    weightKg,
    indications: drawIndications(random, indication),
    diabetes: random.chance(clinic.diabetes),
    heartFailure: random.chance(clinic.heartFailure),
    valveReplacement,
    smoker: random.chance(clinic.smoker),
    drugs,
    cyp2c9,
    vkorc1,
    weeklyDoseMg: dose,
    inrOnDose: round(clamp(random.normal(INR_ON_DOSE.mean + (target === 'high' ? 0.5 : 0), INR_ON_DOSE.sd), 1.5, 4), 2),
    target,
    stable: random.chance(0.96),
  };
};

/** A diplotype whose second allele is drawn like the first; the lower star first. */
const drawCyp2c9 = (random: Random, race: Race): string => {
  const frequencies = CYP2C9[race];
  const one = 1 - Object.values(frequencies).reduce((sum, frequency) => sum + frequency, 0);
  const allele = () => random.pick(['*1', ...Object.keys(frequencies)], [one, ...Object.values(frequencies)]);
  return [allele(), allele()].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))).join('/');
};

const drawVkorc1 = (random: Random, race: Race): Record<Snp, string> => {
  const frequencies = HAPLOTYPE_FREQUENCIES[race];
  const haplotype = () => HAPLOTYPES[random.pick(Object.keys(frequencies) as Haplotype[], Object.values(frequencies))];
  const [one, two] = [haplotype(), haplotype()];
  return Object.fromEntries(SNPS.map((snp, position) => [snp, [one[position]!, two[position]!].sort().join('/')])) as Record<Snp, string>;
};

const drawDrugs = (random: Random, statin: number, aspirin: number, amiodarone: number): Record<Flag, boolean> => {
  const drugs = Object.fromEntries(FLAGS.map((flag) => [flag, false])) as Record<Flag, boolean>;
  const statins: Flag[] = ['simvastatin', 'atorvastatin', 'pravastatin', 'lovastatin', 'rosuvastatin', 'fluvastatin'];
  if (random.chance(statin)) drugs[random.pick(statins, [45, 35, 8, 6, 4, 2])] = true;
  drugs.aspirin = random.chance(aspirin);
  drugs.amiodarone = random.chance(amiodarone);
  if (random.chance(INDUCER_SHARE)) drugs[random.pick(['carbamazepine', 'phenytoin', 'rifampin'] as Flag[], [5, 4, 1])] = true;
  drugs.acetaminophen = random.chance(0.2);
  drugs.sulfonamide = random.chance(0.005);
  drugs.macrolide = random.chance(0.004);
  drugs.azole = random.chance(0.005);
  drugs.herbal = random.chance(0.25);
  return drugs;
};

/** The source's codes: 1 DVT, 2 PE, 3 AF, 4 valve, 5 cardiomyopathy, 6 stroke, 7 orthopedic, 8 other. */
const drawIndications = (random: Random, indication: 'vte' | 'af' | 'valve' | 'stroke' | 'other'): number[] => {
  const first = { vte: () => random.pick([1, 2], [6, 4]), af: () => 3, valve: () => 4, stroke: () => 6, other: () => random.pick([5, 7, 8]) }[indication]();
  const codes = new Set([first]);
  if (random.chance(0.08)) codes.add(8);
  if (first === 3 && random.chance(0.05)) codes.add(6);
  return [...codes].sort();
};

type DoseInputs = { race: Race; ageDecade: number; heightCm: number; weightKg: number; cyp2c9: string; vkorc1: string; inducer: boolean; amiodarone: boolean };

/** Mean of the square root of the weekly dose by the published equation. */
export const meanSqrtDose = ({ race, ageDecade, heightCm, weightKg, cyp2c9, vkorc1, inducer, amiodarone }: DoseInputs, genotypeEffect = 1): number => {
  const equation = DOSE_EQUATION;
  const known = equation.cyp2c9 as Readonly<Record<string, number>>;
  const genotype = equation.vkorc1[vkorc1 as keyof typeof equation.vkorc1] + (known[cyp2c9] ?? equation.cyp2c9.other);
  return (
    equation.intercept +
    equation.ageDecade * ageDecade +
    equation.heightCm * heightCm +
    equation.weightKg * weightKg +
    equation.race[race] +
    genotypeEffect * genotype +
    (inducer ? equation.inducer : 0) +
    (amiodarone ? equation.amiodarone : 0)
  );
};

/** In steps of half a 1 mg tablet a week, as clinics dose. */
const stableDose = (random: Random, inputs: DoseInputs, genotypeEffect: number): number => {
  const sqrtMg = clamp(random.normal(meanSqrtDose(inputs, genotypeEffect), RESIDUAL_SD), 1.9, 11);
  return Math.round(sqrtMg ** 2 * 2) / 2;
};
