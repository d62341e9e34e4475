import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import view from '../../config/features/warfarin-dosing.json' with { type: 'json' };
import { type Facts, FeatureView, type RawFeatures, excludedBy, rawFeatures } from '../../lambdas/domain/features/feature-view.ts';
import { COLUMNS } from '../cohort/iwpc-columns.ts';

/** One patient as an application of the hospital would send it: features by the feature view, and what was observed later. */
export type Patient = { features: RawFeatures; weeklyDoseMg: number; inrOnDose: number | null };
type Row = Record<string, string>;

const VIEW = FeatureView.parse(view);
const INDICATIONS: Record<string, string[]> = {
  indication_dvt: ['1'],
  indication_pe: ['2'],
  indication_dvt_or_pe: ['1', '2'],
  indication_af: ['3'],
  indication_valve: ['4'],
  indication_stroke: ['6'],
};

const known = (text: string | undefined): string | null => (text === undefined || text.trim() === '' || text === 'NA' ? null : text.trim());
const number = (text: string | undefined): number | null => (known(text) === null || Number.isNaN(Number(text)) ? null : Number(text));
const flag = (text: string | undefined): number | null => (text === '1' ? 1 : text === '0' ? 0 : null);
/** How the application reads a column, by the column's type. */
const READ: Record<string, (text: string | undefined) => string | number | null> = { flag, number, starDiplotype: known, snpGenotype: known };

/** Items of the view that stand in one column of the source each. */
const ITEMS = Object.entries(VIEW.items).flatMap(([item, fact]) => {
  const column = 'sourceValue' in fact ? COLUMNS.get(fact.sourceValue) : undefined;
  const read = column && READ[column.type];
  return read ? [{ item, column: column.name, read }] : [];
});

const factsOf = (row: Row): Facts => {
  const age = /^(\d)\d/.exec(row['Age'] ?? '')?.[1];
  const indications =
    known(row['Indication for Warfarin Treatment'])
      ?.split(/;|or|,/)
      .map((code) => code.trim()) ?? null;
  const range = /^([\d.]+)-([\d.]+)$/.exec(row['Estimated Target INR Range Based on Indication'] ?? '');
  return {
    sex: known(row['Gender']),
    race: row['Race (OMB)'] === 'Unknown' ? null : known(row['Race (OMB)']),
    age_decade: age === undefined ? null : Number(age),
    target_inr_range_middle: range ? (Number(range[1]) + Number(range[2])) / 2 : null,
    ...Object.fromEntries(ITEMS.map(({ item, column, read }) => [item, read(row[column])])),
    ...Object.fromEntries(Object.entries(INDICATIONS).map(([item, codes]) => [item, indications === null ? null : indications.some((code) => codes.includes(code)) ? 1 : 0])),
  };
};

/** What the application would not ask about: values that the API refuses as impossible. */
const sendable = (features: RawFeatures): boolean =>
  VIEW.features.every(
    (feature) => feature.kind !== 'numeric' || features[feature.name] === null || (Number(features[feature.name]) >= feature.min && Number(features[feature.name]) <= feature.max),
  );

const patientOf = (row: Row): Patient | null => {
  const facts = factsOf(row);
  const dose = Number(facts['weekly_dose_mg'] ?? 0);
  if (excludedBy(VIEW, facts) !== null || dose < 0.5 || dose > 400) return null;
  const features = rawFeatures(VIEW, facts);
  const inr = facts['inr_on_dose'];
  return sendable(features) ? { features, weeklyDoseMg: dose, inrOnDose: typeof inr === 'number' && inr >= 0.5 && inr <= 20 ? inr : null } : null;
};

/** Patients of a CSV in the columns of the IWPC export, selected and read as the model's cohort is. */
export const patientsOf = (path: string): Patient[] => {
  const rows = parse(readFileSync(path), { columns: true, relax_column_count: true, relax_quotes: true, skip_records_with_error: true }) as Row[];
  return rows.flatMap((row) => patientOf(row) ?? []);
};
