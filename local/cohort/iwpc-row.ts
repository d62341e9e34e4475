import { type PatientRowsMap, headerOf } from '../../lambdas/domain/lake/source-map.ts';
import { findSource } from '../../lambdas/domain/lake/sources.ts';
import { columnOf } from './iwpc-columns.ts';
import { SNPS, type Snp } from './marginals.ts';
import { FLAGS, type Flag, type Patient } from './patient.ts';
import type { Random } from './random.ts';
import type { Site } from './site.ts';

/** The source's 68 columns in its order. */
export const HEADER = headerOf(findSource('iwpc') as PatientRowsMap);

/** A row as cells by column name; columns that are not named are NA. */
export type Row = Record<string, string>;

/** The column of a flag: but for one, flags bear their concept's name. */
const flagColumn = (name: Flag): string => columnOf(name === 'herbal' ? 'herbal_supplement' : name);
const ALWAYS_ASKED: readonly Flag[] = ['aspirin', 'simvastatin', 'amiodarone'];

/** Columns that the source leaves blank, not NA, where a row has none. */
const BLANK = HEADER.filter((name) => name.includes(' QC ') || name.startsWith('Genotyped QC') || name.startsWith('Comments'));

const flag = (value: boolean): string => (value ? '1' : '0');
const ageBand = (decade: number): string => (decade >= 9 ? '90+' : `${decade * 10} - ${decade * 10 + 9}`);
const genotypeColumn = (snp: Snp): string => HEADER.find((name) => name.startsWith(`VKORC1 genotype: ${snp}`))!;

/** Writes a patient as this hospital would: its habits and its gaps. */
export const iwpcRow = (random: Random, subject: string, site: Site, patient: Patient): Row => {
  const { missing } = site;
  const kept = (share: number, text: string): string => (random.chance(share) ? 'NA' : text);
  const row: Row = Object.fromEntries(HEADER.map((name) => [name, BLANK.includes(name) ? '' : 'NA']));
  row['PharmGKB Subject ID'] = subject;
  row['PharmGKB Sample ID'] = `${subject}-S`;
  row['Project Site'] = site.code;
  row['Gender'] = kept(0.003, patient.sex);
  row['Race (Reported)'] = patient.race === 'Unknown' ? 'NA' : patient.race;
  row['Race (OMB)'] = patient.race;
  row['Ethnicity (Reported)'] = patient.hispanic ? 'Hispanic or Latino' : 'NA';
  row['Ethnicity (OMB)'] = patient.hispanic ? 'Hispanic or Latino' : random.chance(0.2) ? 'Unknown' : 'not Hispanic or Latino';
  row['Age'] = kept(0.01, ageBand(patient.ageDecade));
  row['Height (cm)'] = kept(missing.height, patient.heightCm.toFixed(2));
  row['Weight (kg)'] = kept(missing.weight, patient.weightKg.toFixed(1));
  row['Indication for Warfarin Treatment'] = kept(0.05, indicationText(patient.indications, site));
  row['Comorbidities'] = patient.diabetes ? 'Diabetes' : 'No comorbidities';
  row['Diabetes'] = kept(missing.comorbidity, flag(patient.diabetes));
  row['Congestive Heart Failure and/or Cardiomyopathy'] = kept(missing.comorbidity, flag(patient.heartFailure));
  row['Valve Replacement'] = kept(missing.comorbidity, flag(patient.valveReplacement));
  row['Medications'] = FLAGS.filter((name) => patient.drugs[name]).join('; ') || 'none';
  for (const name of FLAGS) if (site.allDrugs || ALWAYS_ASKED.includes(name)) row[flagColumn(name)] = kept(0.02, flag(patient.drugs[name]));
  if (patient.drugs.acetaminophen && site.allDrugs) row['Was Dose of Acetaminophen or Paracetamol (Tylenol) >1300mg/day'] = flag(random.chance(0.05));
  Object.assign(row, targetCells(random, site, patient));
  row['Subject Reached Stable Dose of Warfarin'] = flag(patient.stable);
  row['Therapeutic Dose of Warfarin'] = kept(patient.stable ? 0.01 : 0.5, patient.weeklyDoseMg.toFixed(2));
  row['INR on Reported Therapeutic Dose of Warfarin'] = kept(missing.inr, patient.inrOnDose.toFixed(2));
  row['Current Smoker'] = kept(missing.smoker, flag(patient.smoker));
  row['CYP2C9 consensus'] = row['Cyp2C9 genotypes'] = kept(0.03, patient.cyp2c9);
  for (const snp of SNPS) {
    const share = snp === '-1639' ? missing.vkorc1 : snp === '1173' || snp === '1542' ? 0.25 : snp === '-4451' ? 0.8 : 0.45;
    row[`VKORC1 ${snp} consensus`] = row[genotypeColumn(snp)] = kept(share, patient.vkorc1[snp]);
  }
  return row;
};

const indicationText = (codes: number[], site: Site): string => (site.dvtOrPe && (codes[0] === 1 || codes[0] === 2) ? ['1 or 2', ...codes.slice(1)] : codes).join('; ');

const targetCells = (random: Random, { target }: Site, patient: Patient): Row => {
  if (patient.target === 'high') return target === 'range' ? { 'Estimated Target INR Range Based on Indication': '2.5-3.5' } : { 'Target INR': '3' };
  const written = target === 'mixed' ? random.pick(['number', 'range', 'none']) : target;
  return written === 'number' ? { 'Target INR': '2.5' } : written === 'range' ? { 'Estimated Target INR Range Based on Indication': '2-3' } : {};
};

/** One CSV line (RFC 4180). */
export const csvLine = (cells: readonly string[]): string => cells.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');

export const lineOf = (row: Row): string => csvLine(HEADER.map((name) => row[name]!));
