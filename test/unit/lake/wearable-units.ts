import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { type Draft, type Reader, type Refusal, type SetFile, type Unit, eachUnit } from '../../../lambdas/domain/lake/reading.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const FIXTURES = join(ROOT, 'test', 'fixtures');
const SHARED = join(ROOT, '..', 'shared', 'data');

/** Files that the project does not ship; null where they are absent. */
export const sharedFolder = (name: string): string | null => (existsSync(join(SHARED, name)) ? join(SHARED, name) : null);

/** A file of a set that lies in memory, and comes in chunks of this size. */
export const textFile = (content: string | Uint8Array, { extension = 'csv', path = '', chunk = 4096 } = {}): SetFile => {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return {
    index: 0,
    path,
    extension,
    bytes: bytes.length,
    open: async function* () {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
};

export const fixture = (name: string): SetFile => fileOnDisk(join(FIXTURES, name));
export const fixtureText = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
export const fileOnDisk = (path: string): SetFile => setFile(0, path, statSync(path).size, path);

export type Outcome = { drafts: Draft[]; admitted: string[]; left: Record<string, string[]>; refused: Refusal | null; units: Unit[] };

/** What a reader makes of a file. Of a record that is left out: `field reason`, by its place. */
export const read = async <M>(reader: Reader<M>, file: SetFile, map: M): Promise<Outcome> => {
  const outcome: Outcome = { drafts: [], admitted: [], left: {}, refused: null, units: [] };
  for await (const units of reader([file], map)) for (const unit of eachUnit(units)) note(outcome, unit);
  return outcome;
};

const note = (outcome: Outcome, unit: Unit | Refusal): void => {
  if ('refused' in unit) {
    outcome.refused = unit;
    return;
  }
  outcome.units.push(unit);
  if ('findings' in unit) outcome.left[unit.where] = unit.findings.map(({ field, reason }) => `${field ?? '-'} ${reason}`);
  else if ('drafts' in unit) {
    outcome.admitted.push(unit.where);
    outcome.drafts.push(...unit.drafts);
  }
};

/** `source value, value, unit, when` of measurements. */
export const told = (drafts: readonly Draft[]): string[] =>
  drafts.map(({ values }) => {
    const row = values as Record<string, string | number | null>;
    return [
      row['measurement_source_value'] ?? row['observation_source_value'],
      row['value_as_number'] ?? row['value_source_value'],
      row['unit_source_value'] ?? '',
      row['measurement_datetime'] ?? row['measurement_date'] ?? row['observation_datetime'],
    ].join(' ');
  });
