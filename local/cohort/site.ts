import type { Race } from './marginals.ts';

/** How one hospital records: what it asks for, and what it leaves out. */
export type Site = {
  code: string;
  patients: number;
  raceShares: Record<Race, number>;
  /** how the target INR is written: the number, the range, both alike often, or not at all */
  target: 'number' | 'range' | 'mixed' | 'none';
  /** drugs beyond aspirin, simvastatin and amiodarone are recorded */
  allDrugs: boolean;
  /** indication 1 or 2 is not told apart */
  dvtOrPe: boolean;
  missing: { height: number; weight: number; smoker: number; comorbidity: number; inr: number; vkorc1: number };
};

const usual: Site['missing'] = { height: 0.1, weight: 0.03, smoker: 0.2, comorbidity: 0.1, inr: 0.1, vkorc1: 0.15 };

/** Ancestry by site adds up to about that of the consortium: 64 % White, 23 % Asian, 14 % Black [Limdi 2010], and a few unknown. */
export const DEVELOPMENT_SITES: Site[] = [
  {
    code: '101',
    patients: 190,
    raceShares: { White: 0.85, Asian: 0.02, 'Black or African American': 0.1, Unknown: 0.03 },
    target: 'number',
    allDrugs: true,
    dvtOrPe: false,
    missing: usual,
  },
  {
    code: '102',
    patients: 170,
    raceShares: { White: 0.01, Asian: 0.98, 'Black or African American': 0, Unknown: 0.01 },
    target: 'range',
    allDrugs: false,
    dvtOrPe: false,
    missing: { ...usual, height: 0.02, vkorc1: 0.5 },
  },
  {
    code: '103',
    patients: 160,
    raceShares: { White: 0.55, Asian: 0.02, 'Black or African American': 0.38, Unknown: 0.05 },
    target: 'mixed',
    allDrugs: true,
    dvtOrPe: true,
    missing: { ...usual, height: 0.25 },
  },
  {
    code: '104',
    patients: 150,
    raceShares: { White: 0.97, Asian: 0, 'Black or African American': 0.01, Unknown: 0.02 },
    target: 'range',
    allDrugs: false,
    dvtOrPe: false,
    missing: { ...usual, height: 0.4, smoker: 1, vkorc1: 0.1 },
  },
  {
    code: '105',
    patients: 130,
    raceShares: { White: 0.7, Asian: 0.05, 'Black or African American': 0.1, Unknown: 0.15 },
    target: 'none',
    allDrugs: true,
    dvtOrPe: false,
    missing: { ...usual, comorbidity: 0.5, inr: 0.3 },
  },
  {
    code: '106',
    patients: 100,
    raceShares: { White: 0.6, Asian: 0.25, 'Black or African American': 0.12, Unknown: 0.03 },
    target: 'number',
    allDrugs: true,
    dvtOrPe: false,
    missing: usual,
  },
];

export const EXTERNAL_SITES: Site[] = [
  {
    code: '201',
    patients: 250,
    raceShares: { White: 0.66, Asian: 0.2, 'Black or African American': 0.11, Unknown: 0.03 },
    target: 'number',
    allDrugs: true,
    dvtOrPe: false,
    missing: usual,
  },
];

/** The development hospitals again, with the same shares. */
export const STABLE_SITES: Site[] = DEVELOPMENT_SITES.map((site) => ({ ...site, patients: Math.round(site.patients / 3) }));

/** Older, other ancestry. */
export const SHIFTED_SITES: Site[] = [
  {
    code: '101',
    patients: 150,
    raceShares: { White: 0.3, Asian: 0.55, 'Black or African American': 0.1, Unknown: 0.05 },
    target: 'number',
    allDrugs: true,
    dvtOrPe: false,
    missing: usual,
  },
  {
    code: '106',
    patients: 150,
    raceShares: { White: 0.3, Asian: 0.6, 'Black or African American': 0.05, Unknown: 0.05 },
    target: 'number',
    allDrugs: true,
    dvtOrPe: false,
    missing: usual,
  },
];
