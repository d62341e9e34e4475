import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** One patient as an application of the hospital would send it: features by the feature view's names, and what was observed later. */
export type Patient = { features: Record<string, string | number | null>; weeklyDoseMg: number; inrOnDose: number | null };
type Row = Record<string, string>;

const number = (text: string | undefined): number | null => (text === undefined || text === '' || text === 'NA' || Number.isNaN(Number(text)) ? null : Number(text));
const flag = (text: string | undefined): number | null => (text === '1' ? 1 : text === '0' ? 0 : null);
const any = (flags: (number | null)[]): number | null => (flags.includes(1) ? 1 : flags.includes(0) ? 0 : null);
const RACES: Record<string, string> = { White: 'White', Asian: 'Asian', 'Black or African American': 'Black' };
const DIPLOTYPES = new Set(['*1/*1', '*1/*2', '*1/*3', '*2/*2', '*2/*3', '*3/*3']);

/** What the hospital's application reads from its own records, in the columns of the IWPC export. */
const patientOf = (row: Row): Patient | null => {
  const weeklyDoseMg = number(row['Therapeutic Dose of Warfarin']);
  const age = /^(\d)/.exec(row['Age'] ?? '')?.[1];
  const sex = row['Gender'];
  if (weeklyDoseMg === null || weeklyDoseMg < 1 || weeklyDoseMg > 350 || age === undefined || (sex !== 'male' && sex !== 'female')) return null;
  if (row['Subject Reached Stable Dose of Warfarin'] !== '1') return null;
  const height = number(row['Height (cm)']);
  const weight = number(row['Weight (kg)']);
  const target = number(row['Target INR']);
  const vkorc1 = row['VKORC1 -1639 consensus'] ?? '';
  const cyp2c9 = row['CYP2C9 consensus'] ?? '';
  const indications = (row['Indication for Warfarin Treatment'] ?? '').split(/;|or|,/).map((code) => code.trim()).filter(Boolean);
  const indication = (codes: string[]) => (indications.length === 0 || indications[0] === 'NA' ? null : indications.some((code) => codes.includes(code)) ? 1 : 0);
  const inr = number(row['INR on Reported Therapeutic Dose of Warfarin']);
  return {
    weeklyDoseMg,
    inrOnDose: inr !== null && inr >= 0.5 && inr <= 20 ? inr : null,
    features: {
      age_decade: Number(age),
      height_cm: height,
      weight_kg: weight,
      target_inr: target !== null && target >= 2 && target < 3 ? target : null,
      sex,
      race: RACES[row['Race (OMB)'] ?? ''] ?? 'Unknown',
      cyp2c9: DIPLOTYPES.has(cyp2c9) ? cyp2c9 : cyp2c9.startsWith('*') ? 'other' : null,
      vkorc1: ['G/G', 'A/G', 'A/A'].includes(vkorc1) ? vkorc1 : null,
      amiodarone: flag(row['Amiodarone (Cordarone)']),
      enzyme_inducer: any([flag(row['Carbamazepine (Tegretol)']), flag(row['Phenytoin (Dilantin)']), flag(row['Rifampin or Rifampicin'])]),
      aspirin: flag(row['Aspirin']),
      simvastatin: flag(row['Simvastatin (Zocor)']),
      atorvastatin: flag(row['Atorvastatin (Lipitor)']),
      smoker: flag(row['Current Smoker']),
      diabetes: flag(row['Diabetes']),
      heart_failure: flag(row['Congestive Heart Failure and/or Cardiomyopathy']),
      valve_replacement: flag(row['Valve Replacement']),
      indication_af: indication(['3']),
      indication_dvt_pe: indication(['1', '2']),
    },
  };
};

/** Patients of a CSV in the IWPC export's columns who could be served a prediction; the others are left out. */
export const patientsOf = (path: string): Patient[] => {
  const rows = parse(readFileSync(path), { columns: true, relax_column_count: true, skip_records_with_error: true }) as Row[];
  return rows.flatMap((row) => patientOf(row) ?? []);
};
