import type { Reason } from '../../../config/catalog/quarantine-reasons.ts';
import { isTellableCode } from './identifier-form.ts';
import { type Reading, isAbsent, readAgeDecade, readCode, readCodes, readFlag, readInterval, readNumber, readSnpGenotype, readStarDiplotype } from './read-cell.ts';
import type { Finding } from './reading.ts';
import type { PatientRowsMap, SourceColumn } from './source-map.ts';

/** One thing that a row says of its patient, on its way to a table. */
export type Fact = {
  table: 'measurement' | 'observation' | 'drug_exposure' | 'condition_occurrence';
  concept: string;
  number: number | null;
  text: string | null;
  unit: string | null;
};

export type PatientRow = {
  subject: string;
  site: string;
  gender: string | null;
  race: string | null;
  ethnicity: string | null;
  ageDecade: number | null;
  facts: Fact[];
};

/** Where each column that is read stands in this file. */
export type ColumnIndex = readonly { name: string; column: SourceColumn; index: number }[];

export const columnIndex = (map: PatientRowsMap, header: readonly string[]): ColumnIndex => {
  const names = header.map((name) => name.trim());
  return Object.entries(map.columns)
    .filter(([, { type }]) => type !== 'drop')
    .map(([name, column]) => ({ name, column, index: names.indexOf(name) }));
};

/** Reads one row by the source map: what it says, or every finding against it. */
export const readRow = (map: PatientRowsMap, columns: ColumnIndex, cells: readonly string[]): { patient: PatientRow } | { findings: Finding[] } => {
  const patient: PatientRow = { subject: '', site: '', gender: null, race: null, ethnicity: null, ageDecade: null, facts: [] };
  const findings: Finding[] = [];
  for (const { name, column, index } of columns) {
    const text = (cells[index] ?? '').trim();
    const reason = isAbsent(text, column, map.nullTokens) ? reasonWhenAbsent(column) : take(patient, column, text);
    if (reason) findings.push({ field: name, reason });
  }
  return findings.length > 0 ? { findings } : { patient };
};

const reasonWhenAbsent = ({ type }: SourceColumn): Reason | null => (type === 'key' ? 'missing-key' : type === 'site' ? 'missing-site' : null);

/** Adds what the cell says to the patient; answers the reason where it cannot be used. */
const take = (patient: PatientRow, column: SourceColumn, text: string): Reason | null => {
  const add = <V>(reading: Reading<V>, put: (value: V) => void): Reason | null => {
    if ('reason' in reading) return reading.reason;
    if (reading.value !== null) put(reading.value);
    return null;
  };
  const fact = (value: Pick<Fact, 'number' | 'text'>, unit: string | null = null) => {
    if (!('makes' in column) || column.type === 'codes') return;
    for (const { table, concept, when } of column.makes) if (when === undefined || when === value.number) patient.facts.push({ table, concept, ...value, unit });
  };
  switch (column.type) {
    case 'drop':
      return null;
    case 'key':
      patient.subject = text;
      return null;
    case 'site':
      patient.site = text;
      return new RegExp(column.pattern).test(text) && isTellableCode(text) ? null : 'unknown-code';
    case 'person':
      return add(readCode(text, column.codes), (value) => (patient[column.field] = value));
    case 'age':
      return add(readAgeDecade(text), (decade) => {
        patient.ageDecade = decade;
        fact({ number: decade, text: ageBand(decade) });
      });
    case 'number':
      return add(readNumber(text, column.range), (number) => fact({ number, text: null }, column.unit));
    case 'interval':
      return add(readInterval(text, column.range), ({ low, high, middle }) => fact({ number: middle, text: `${low}-${high}` }, column.unit));
    case 'flag':
      return add(readFlag(text), (number) => fact({ number, text: null }));
    case 'starDiplotype':
      return add(readStarDiplotype(text, column.starAlleles), (genotype) => fact({ number: null, text: genotype }));
    case 'snpGenotype':
      return add(readSnpGenotype(text, column.alleles), (genotype) => fact({ number: null, text: genotype }));
    case 'codes':
      return add(readCodes(text, column), (flags) => {
        for (const [concept, number] of Object.entries(flags)) {
          for (const table of column.makes) if (table === 'observation' || number === 1) patient.facts.push({ table, concept, number, text: null, unit: null });
        }
      });
  }
};

/** `70-79`; `90+` for the one class above. */
export const ageBand = (decade: number): string => (decade >= 9 ? '90+' : `${decade * 10}-${decade * 10 + 9}`);
