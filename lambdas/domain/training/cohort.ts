import { type Facts, type FeatureView, type RawFeatures, encodeRow, encodedColumns, excludedBy, rawFeatures } from '../features/feature-view.ts';

/** One value that the lake holds, as read from OMOP. */
export type LakeValue = { personId: number; table: 'measurement' | 'observation'; sourceValue: string; number: number | null; text: string | null; source: string | null };
export type LakePerson = {
  personId: number;
  site: string;
  indexDate: string;
  use: 'development' | 'external';
  gender: string | null;
  race: string | null;
  yearOfBirth: number | null;
};

/** A patient of the cohort, with what the view makes of it. */
export type CohortRow = {
  personId: number;
  site: string;
  use: LakePerson['use'];
  indexDate: string;
  raw: RawFeatures;
  encoded: number[];
  label: number;
  observed: Record<string, number | null>;
};

export type Cohort = { rows: CohortRow[]; excluded: { reason: string; count: number }[] };

const factKey = (table: string, sourceValue: string): string => `${table}/${sourceValue}`;

const COLUMN = { value_as_number: 'number', value_as_string: 'text', value_source_value: 'source' } as const;

/** Applies the view to what the lake holds: a row per patient of the cohort, ordered by person, and how many each rule left out. */
export const assembleCohort = (view: FeatureView, persons: Iterable<LakePerson>, values: Iterable<LakeValue>): Cohort => {
  const byPerson = new Map<number, Map<string, LakeValue>>();
  for (const value of values) {
    let held = byPerson.get(value.personId);
    if (!held) {
      held = new Map();
      byPerson.set(value.personId, held);
    }
    held.set(factKey(value.table, value.sourceValue), value);
  }
  const excluded = new Map<string, number>();
  const rows: CohortRow[] = [];
  for (const person of [...persons].sort((a, b) => a.personId - b.personId)) {
    const facts = factsOf(view, person, byPerson.get(person.personId));
    const reason = excludedBy(view, facts);
    if (reason) {
      excluded.set(reason, (excluded.get(reason) ?? 0) + 1);
      continue;
    }
    const raw = rawFeatures(view, facts);
    rows.push({
      personId: person.personId,
      site: person.site,
      use: person.use,
      indexDate: person.indexDate,
      raw,
      encoded: encodeRow(view, raw),
      label: Number(facts[view.label.item]),
      observed: Object.fromEntries(view.observed.map(({ name, item }) => [name, facts[item] === null || facts[item] === undefined ? null : Number(facts[item])])),
    });
  }
  return { rows, excluded: [...excluded].map(([reason, count]) => ({ reason, count })) };
};

const AGE_DECADE = 'age_decade';
const OLDEST_DECADE = 9;

/** Where the source tells no decade: that of the year in which the person was first seen. */
const ageDecadeOf = ({ yearOfBirth, indexDate }: LakePerson): number | null =>
  yearOfBirth ? Math.min(OLDEST_DECADE, Math.floor((Number(indexDate.slice(0, 4)) - yearOfBirth) / 10)) : null;

const factsOf = (view: FeatureView, person: LakePerson, held: Map<string, LakeValue> | undefined): Facts =>
  Object.fromEntries(
    Object.entries(view.items).map(([name, item]) => {
      if (item.table === 'person') return [name, { gender_source_value: person.gender, race_source_value: person.race, year_of_birth: person.yearOfBirth }[item.column]];
      const value = held?.get(factKey(item.table, item.sourceValue))?.[COLUMN[item.column]] ?? null;
      return [name, value === null && item.sourceValue === AGE_DECADE ? ageDecadeOf(person) : value];
    }),
  );

/** What the training container is told of the columns: `view.json` of the job contract; `definition` is the view that a served version encodes requests by. */
export const viewDocument = (view: FeatureView) => ({
  name: view.name,
  version: String(view.version),
  columns: encodedColumns(view),
  features: view.features.map(({ name, title, kind }) => ({ name, title, kind })),
  definition: view,
});
