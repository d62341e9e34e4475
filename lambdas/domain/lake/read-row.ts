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

/** What a cell says of its patient, or why it cannot be used. Cells that say the same share their facts. */
type Said = { reason: Reason } | { facts: readonly Fact[]; about?: Partial<Omit<PatientRow, 'facts'>> };

/** Where each column that is read stands in this file. */
export type ColumnIndex = readonly { name: string; column: SourceColumn; index: number; read: (text: string) => Said }[];

export const columnIndex = (map: PatientRowsMap, header: readonly string[]): ColumnIndex => {
  const names = header.map((name) => name.trim());
  return Object.entries(map.columns)
    .filter(([, { type }]) => type !== 'drop')
    .map(([name, column]) => ({ name, column, index: names.indexOf(name), read: column.type === 'key' ? (text) => saidBy(column, text) : remembered(column) }));
};

const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 100;
/** Most columns have few words: each is read once. */
const remembered = (column: SourceColumn): ((text: string) => Said) => {
  const known = new Map<string, Said>();
  return (text) => {
    const found = known.get(text);
    if (found) return found;
    const said = saidBy(column, text);
    if (known.size < MOST_REMEMBERED && text.length <= LONGEST_REMEMBERED) known.set(text, said);
    return said;
  };
};

/** Reads one row by the source map: what it says, or every finding against it. */
export const readRow = (map: PatientRowsMap, columns: ColumnIndex, cells: readonly string[]): { patient: PatientRow } | { findings: Finding[] } => {
  const patient: PatientRow = { subject: '', site: '', gender: null, race: null, ethnicity: null, ageDecade: null, facts: [] };
  const findings: Finding[] = [];
  for (const { name, column, index, read } of columns) {
    const text = (cells[index] ?? '').trim();
    if (isAbsent(text, column, map.nullTokens)) {
      const reason = reasonWhenAbsent(column);
      if (reason) findings.push({ field: name, reason });
      continue;
    }
    const said = read(text);
    if ('reason' in said) {
      findings.push({ field: name, reason: said.reason });
      continue;
    }
    for (const fact of said.facts) patient.facts.push(fact);
    if (said.about) Object.assign(patient, said.about);
  }
  return findings.length > 0 ? { findings } : { patient };
};

const reasonWhenAbsent = ({ type }: SourceColumn): Reason | null => (type === 'key' ? 'missing-key' : type === 'site' ? 'missing-site' : null);

const saidBy = (column: SourceColumn, text: string): Said => {
  const from = <V>(reading: Reading<V>, said: (value: V) => Said): Said => ('reason' in reading ? reading : reading.value === null ? { facts: [] } : said(reading.value));
  const facts = (value: Pick<Fact, 'number' | 'text'>, unit: string | null = null): { facts: Fact[] } => {
    if (!('makes' in column) || column.type === 'codes') return { facts: [] };
    const made = column.makes.filter(({ when }) => when === undefined || when === value.number);
    return { facts: made.map(({ table, concept }) => ({ table, concept, ...value, unit })) };
  };
  switch (column.type) {
    case 'drop':
      return { facts: [] };
    case 'key':
      return { facts: [], about: { subject: text } };
    case 'site':
      return new RegExp(column.pattern).test(text) && isTellableCode(text) ? { facts: [], about: { site: text } } : { reason: 'unknown-code' };
    case 'person':
      return from(readCode(text, column.codes), (value) => ({ facts: [], about: { [column.field]: value } }));
    case 'age':
      return from(readAgeDecade(text), (decade) => ({ ...facts({ number: decade, text: ageBand(decade) }), about: { ageDecade: decade } }));
    case 'number':
      return from(readNumber(text, column.range), (number) => facts({ number, text: null }, column.unit));
    case 'interval':
      return from(readInterval(text, column.range), ({ low, high, middle }) => facts({ number: middle, text: `${low}-${high}` }, column.unit));
    case 'flag':
      return from(readFlag(text), (number) => facts({ number, text: null }));
    case 'starDiplotype':
      return from(readStarDiplotype(text, column.starAlleles), (genotype) => facts({ number: null, text: genotype }));
    case 'snpGenotype':
      return from(readSnpGenotype(text, column.alleles), (genotype) => facts({ number: null, text: genotype }));
    case 'codes':
      return from(readCodes(text, column), (flags) => ({
        facts: Object.entries(flags).flatMap(([concept, number]) =>
          column.makes.flatMap((table) => (table === 'observation' || number === 1 ? [{ table, concept, number, text: null, unit: null }] : [])),
        ),
      }));
  }
};

/** `70-79`; `90+` for the one class above. */
export const ageBand = (decade: number): string => (decade >= 9 ? '90+' : `${decade * 10}-${decade * 10 + 9}`);
