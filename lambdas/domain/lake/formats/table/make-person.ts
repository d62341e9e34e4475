import { PERSON_CONCEPTS } from '../../concepts.ts';
import type { Draft, Finding } from '../../reading.ts';
import type { RowOf } from './mapping.ts';
import { type RecordCells, cellAt, textAt } from './read-record.ts';
import { resolveTiming, type SubjectDates } from './resolve-timing.ts';

/** Years in an age's unit: CDISC codelist AGEU (C66781); a year of 365.25 days. */
const YEARS: Readonly<Record<string, number>> = { YEARS: 1, MONTHS: 1 / 12, WEEKS: 7 / 365.25, DAYS: 1 / 365.25, HOURS: 1 / 8766 };
/** `year_of_birth` may not be null in the CDM. */
const UNKNOWN_YEAR = 0;
/** The longest life is of 122 years (J. Calment). */
const OLDEST = 122;

export const personDraft = (
  row: RowOf<'person'>,
  identity: { subject: string; record: string },
  cells: RecordCells,
  dates: SubjectDates | undefined,
  findings: Finding[],
): Draft => {
  const coded = (field: keyof typeof PERSON_CONCEPTS) => {
    const said = row[field];
    const value = said ? textAt(cells, said.column) : null;
    const name = [value ?? '', value?.toUpperCase() ?? '']
      .map((each) => (said && Object.hasOwn(said.codes, each) ? said.codes[each] : undefined))
      .find((each) => each !== undefined);
    return { conceptId: name === undefined ? 0 : (PERSON_CONCEPTS[field][name] ?? 0), value };
  };
  const [gender, race, ethnicity] = [coded('gender'), coded('race'), coded('ethnicity')];
  return {
    table: 'person',
    ...identity,
    careSite: textAt(cells, row.careSite),
    values: {
      gender_concept_id: gender.conceptId,
      year_of_birth: yearOfBirth(row, cells, dates, findings),
      race_concept_id: race.conceptId,
      ethnicity_concept_id: ethnicity.conceptId,
      gender_source_value: gender.value,
      race_source_value: race.value,
      ethnicity_source_value: ethnicity.value,
    },
  };
};

/** Year of birth, or the year in which the age was so many years, less them. */
const yearOfBirth = (row: RowOf<'person'>, cells: RecordCells, dates: SubjectDates | undefined, findings: Finding[]): number => {
  for (const born of row.born) {
    if ('date' in born) {
      const cell = cellAt(cells, born.date);
      if (cell.kind === 'date') return Number(cell.moment.day.slice(0, 4));
      continue;
    }
    const age = cellAt(cells, born.age);
    if (age.kind !== 'number') continue;
    const unit = born.unit === undefined ? 'YEARS' : textAt(cells, born.unit);
    const years = unit !== null && Object.hasOwn(YEARS, unit.toUpperCase()) ? YEARS[unit.toUpperCase()] : undefined;
    if (years === undefined) findings.push({ field: born.unit!, reason: unit === null ? 'missing-value' : 'wrong-unit' });
    else if (age.number < 0 || age.number * years > OLDEST) findings.push({ field: born.age, reason: 'impossible-value' });
    else {
      const on = resolveTiming(born.on, cells, dates, findings);
      if (on) return Number(on.day.slice(0, 4)) - Math.floor(age.number * years);
    }
  }
  return UNKNOWN_YEAR;
};
