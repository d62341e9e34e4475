import { CONCEPTS, conceptIdOf } from '../../concepts.ts';
import { conceptOf } from '../../vocabulary/concept-of.ts';
import type { About, TableMapping, Target } from './mapping.ts';
import { type RecordCells, cellAt, textAt } from './read-record.ts';

/** What a row is about, in OMOP's three columns, and how it is measured. */
export type Subject = { conceptId: number; sourceConceptId: number; sourceValue: string; quantity: string | null };

const DOMAINS = {
  measurement: 'Measurement',
  observation: 'Observation',
  condition_occurrence: 'Condition',
  drug_exposure: 'Drug',
  procedure_occurrence: 'Procedure',
  device_exposure: 'Device',
  visit_occurrence: 'Visit',
} as const;
export type EventTable = keyof typeof DOMAINS;

/** Whether the record has the values that are asked for. */
export const holds = (when: About['when'], cells: RecordCells): boolean =>
  Object.entries(when ?? {}).every(([column, wanted]) => {
    const cell = cellAt(cells, column);
    if (wanted === '*') return cell.kind !== 'absent';
    return wanted.includes(cell.kind === 'absent' ? null : textAt(cells, column));
  });

/** The first that the record has, or null. */
export const resolveAbout = (abouts: readonly About[], table: EventTable, cells: RecordCells, targets: TableMapping['targets']): Subject | null => {
  for (const about of abouts) {
    if (!holds(about.when, cells)) continue;
    if (about.column === undefined) return subjectOf(about, null, table);
    const value = textAt(cells, about.column);
    if (value === null) continue;
    const listed = about.codes === undefined ? {} : targets[about.codes]!;
    const target = Object.hasOwn(listed, value.toUpperCase()) ? listed[value.toUpperCase()] : undefined;
    return subjectOf({ ...about, ...target, vocabulary: target ? target.vocabulary : about.vocabulary }, value, table);
  }
  return null;
};

const subjectOf = ({ concept, vocabulary, code, quantity }: Target, value: string | null, table: EventTable): Subject => {
  const domain = DOMAINS[table];
  const measured = { quantity: quantity ?? null };
  if (concept !== undefined) {
    const known = domain === 'Procedure' || domain === 'Device' || domain === 'Visit' ? 0 : conceptIdOf(concept, domain);
    return { conceptId: known, sourceConceptId: CONCEPTS[concept]!.conceptId, sourceValue: concept, ...measured };
  }
  const sourceValue = code ?? value!;
  const known = vocabulary === undefined ? null : conceptOf(vocabulary, sourceValue);
  return { conceptId: known?.domain === domain ? known.conceptId : 0, sourceConceptId: known?.sourceConceptId ?? 0, sourceValue, ...measured };
};
