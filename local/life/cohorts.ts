import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cloud/processes.ts';
import { type Patient, patientsOf } from './patients.ts';

export type Cohorts = {
  source: string;
  development: Buffer;
  /** further files of the development hospitals, in the order in which they come */
  others: { source: string; content: Buffer }[];
  external: Buffer | null;
  /** new patients of the population that the model learnt from, and of another one */
  stable: Patient[];
  shifted: Patient[];
};

const REPLAYED = 280;
const shipped = (name: string) => join(ROOT, 'local', 'cohort', name);

/** mulberry32: which patients are replayed does not change from run to run. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

const sample = (patients: readonly Patient[], count: number): Patient[] => {
  const draw = random(20_261_121);
  return patients
    .map((patient) => ({ patient, at: draw() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ patient }) => patient);
};

/** A clinic of another population: patients of 70 and over who are not of the file's most common race. */
const anotherPopulation = (patients: readonly Patient[]): Patient[] => {
  const counts = [...Map.groupBy(patients, ({ features }) => features['race'])].sort((a, b) => b[1].length - a[1].length);
  const old = patients.filter(({ features }) => Number(features['age_decade']) >= 7);
  const other = old.filter(({ features }) => features['race'] !== counts[0]?.[0]);
  return other.length >= REPLAYED / 2 ? other : old;
};

/** The files of this life: the shipped synthetic cohort, or the user's own. */
export const cohortsOf = (options: { source?: string; data?: string; external?: string }): Cohorts => {
  if (!options.data) {
    return {
      source: 'synthetic-cohort',
      development: readFileSync(shipped('development.csv')),
      others: [
        { source: 'synthetic-fhir', content: readFileSync(shipped('hospital-107.bundle.json')) },
        { source: 'synthetic-vcf', content: readFileSync(shipped('hospital-107.vcf')) },
      ],
      external: readFileSync(shipped('external.csv')),
      stable: sample(patientsOf(shipped('stable.csv')), REPLAYED),
      shifted: sample(patientsOf(shipped('shifted.csv')), REPLAYED),
    };
  }
  const patients = patientsOf(options.data);
  return {
    source: options.source ?? 'iwpc',
    development: readFileSync(options.data),
    others: [],
    external: options.external ? readFileSync(options.external) : null,
    stable: sample(patients, REPLAYED),
    shifted: sample(anotherPopulation(patients), REPLAYED),
  };
};

/** Another institution's file into which some patients of the development file slipped. */
export const leakyExternal = ({ development, external }: Cohorts): Buffer => {
  const LEAKED = 12;
  const rows = development.toString('utf8').split('\n');
  const slipped = rows
    .slice(1)
    .filter((row) => /^[^,]+,[^,]*,[^,]+,(male|female),/.test(row))
    .slice(0, LEAKED);
  return Buffer.from(`${external ? external.toString('utf8').trimEnd() : rows[0]}\n${slipped.join('\n')}\n`);
};
