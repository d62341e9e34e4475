import type { Draft, Finding } from '../../reading.ts';
import { personDraft } from './make-person.ts';
import type { Row, TableMapping, Timing } from './mapping.ts';
import type { Moment } from './read-date.ts';
import { type RecordCells, cellAt, textAt } from './read-record.ts';
import { type EventTable, holds, resolveAbout, type Subject } from './resolve-about.ts';
import { firstColumn, resolveTiming, type SubjectDates } from './resolve-timing.ts';
import { resolveValue } from './resolve-value.ts';
import { type RecordType, TYPE_CONCEPTS } from './type-concepts.ts';

/** What rows need to know besides their own cells. */
export type RowContext = { subject: string; record: string; dates: SubjectDates | undefined; visit: string | null; targets: TableMapping['targets'] };

type Interval = { start: Moment; end: Moment | null };

/** The OMOP rows that the map makes of a record; what speaks against it is added to the findings. */
export const makeDrafts = (rows: readonly Row[], cells: RecordCells, context: RowContext, findings: Finding[]): Draft[] => {
  const drafts: Draft[] = [];
  for (const row of rows) if (holds(row.when, cells)) drafts.push(...draftsOf(row, cells, context, findings));
  return drafts;
};

const draftsOf = (row: Row, cells: RecordCells, context: RowContext, findings: Finding[]): Draft[] => {
  const { subject, record, dates } = context;
  const identity = { subject, record };
  switch (row.table) {
    case 'person':
      return [personDraft(row, identity, cells, dates, findings)];
    case 'care_site': {
      const site = textAt(cells, row.site);
      return site === null ? [] : [{ table: 'care_site', subject: null, record, careSite: site, values: { place_of_service_concept_id: 0, care_site_source_value: site } }];
    }
    case 'death': {
      const date = resolveTiming(row.date, cells, dates, findings);
      if (!date) return [];
      const draft: Draft = { table: 'death', ...identity, values: { death_date: date.day, death_datetime: date.time, death_type_concept_id: TYPE_CONCEPTS[row.type] } };
      return [draft, ...precisionDrafts(identity, 'death_date', date, row.type)];
    }
    case 'observation_period': {
      const start = resolveTiming(row.date, cells, dates, findings);
      const end = resolveTiming(row.end, cells, dates, findings);
      if (!start) return [];
      const last = end && end.day > start.day ? end.day : start.day;
      return [
        {
          table: 'observation_period',
          ...identity,
          values: { observation_period_start_date: start.day, observation_period_end_date: last, period_type_concept_id: TYPE_CONCEPTS[row.type] },
        },
      ];
    }
    default: {
      const about = resolveAbout(row.about, row.table, cells, context.targets);
      if (!about) return [];
      const interval = intervalOf(row.date, 'end' in row ? row.end : undefined, cells, dates, findings);
      if (!interval) return [];
      return [
        eventDraft(row, about, interval, cells, context, findings),
        ...precisionDrafts(identity, COLUMNS[row.table].start, interval.start, row.type),
        ...(interval.end && COLUMNS[row.table].end ? precisionDrafts(identity, COLUMNS[row.table].end!, interval.end, row.type) : []),
      ];
    }
  }
};

/** From the first day that it can be; a partial end is not before the start; a start for want of another is not after the end. */
const intervalOf = (date: readonly Timing[], end: readonly Timing[] | undefined, cells: RecordCells, dates: SubjectDates | undefined, findings: Finding[]): Interval | null => {
  const before = findings.length;
  const start = resolveTiming(date, cells, dates, findings);
  if (!start) {
    if (findings.length === before) findings.push({ field: firstColumn(date), reason: 'missing-value' });
    return null;
  }
  const finish = end ? resolveTiming(end, cells, dates, findings) : null;
  if (!finish || finish.day >= start.day) return { start, end: finish };
  return start.precision === 'unknown' ? { start: { ...start, day: finish.day, time: null }, end: finish } : { start, end: { ...finish, day: start.day, time: null } };
};

const COLUMNS: Readonly<Record<EventTable, { start: string; end?: string }>> = {
  measurement: { start: 'measurement_date' },
  observation: { start: 'observation_date' },
  condition_occurrence: { start: 'condition_start_date', end: 'condition_end_date' },
  drug_exposure: { start: 'drug_exposure_start_date', end: 'drug_exposure_end_date' },
  procedure_occurrence: { start: 'procedure_date', end: 'procedure_end_date' },
  device_exposure: { start: 'device_exposure_start_date', end: 'device_exposure_end_date' },
  visit_occurrence: { start: 'visit_start_date', end: 'visit_end_date' },
};

/** OMOP has no column for what is known of a date: an observation says it, of the column that the partial date is in. */
const precisionDrafts = (identity: { subject: string; record: string }, column: string, { day, precision }: Moment, type: RecordType): Draft[] =>
  precision === 'day' || precision === 'time'
    ? []
    : [
        {
          table: 'observation',
          ...identity,
          values: {
            observation_concept_id: 0,
            observation_date: day,
            observation_type_concept_id: TYPE_CONCEPTS[type],
            value_as_string: precision,
            observation_source_value: 'date_precision',
            qualifier_source_value: column,
            value_source_value: precision,
          },
        },
      ];

type EventRow = Extract<Row, { about: unknown }>;

const eventDraft = (row: EventRow, about: Subject, { start, end }: Interval, cells: RecordCells, context: RowContext, findings: Finding[]): Draft => {
  const identity = { subject: context.subject, record: context.record, ...(row.visit && context.visit !== null ? { visit: context.visit } : {}) };
  const type = TYPE_CONCEPTS[row.type];
  switch (row.table) {
    case 'measurement': {
      const value = resolveValue(row, about.quantity, cells, findings);
      const bound = (column: string | undefined): number | null => {
        const cell = cellAt(cells, column);
        return cell.kind === 'number' ? value.convert(cell.number) : null;
      };
      return {
        table: row.table,
        ...identity,
        values: {
          measurement_concept_id: about.conceptId,
          measurement_date: start.day,
          measurement_datetime: start.time,
          measurement_type_concept_id: type,
          operator_concept_id: value.operator,
          value_as_number: value.number,
          unit_concept_id: value.unitConcept,
          range_low: bound(row.low),
          range_high: bound(row.high),
          measurement_source_value: about.sourceValue,
          measurement_source_concept_id: about.sourceConceptId,
          unit_source_value: value.sourceUnit,
          value_source_value: value.sourceValue,
        },
      };
    }
    case 'observation': {
      const value = resolveValue(row, about.quantity, cells, findings);
      return {
        table: row.table,
        ...identity,
        values: {
          observation_concept_id: about.conceptId,
          observation_date: start.day,
          observation_datetime: start.time,
          observation_type_concept_id: type,
          value_as_number: value.number,
          value_as_string: value.text,
          unit_concept_id: value.unitConcept,
          observation_source_value: about.sourceValue,
          observation_source_concept_id: about.sourceConceptId,
          unit_source_value: value.sourceUnit,
          qualifier_source_value: textAt(cells, row.qualifier),
          value_source_value: value.sourceValue,
        },
      };
    }
    case 'condition_occurrence':
      return {
        table: row.table,
        ...identity,
        values: {
          condition_concept_id: about.conceptId,
          condition_start_date: start.day,
          condition_start_datetime: start.time,
          condition_end_date: end?.day ?? null,
          condition_end_datetime: end?.time ?? null,
          condition_type_concept_id: type,
          condition_source_value: about.sourceValue,
          condition_source_concept_id: about.sourceConceptId,
          condition_status_source_value: textAt(cells, row.status),
        },
      };
    case 'drug_exposure': {
      const dose = resolveValue({ value: row.dose ? [row.dose] : [] }, null, cells, findings);
      return {
        table: row.table,
        ...identity,
        values: {
          drug_concept_id: about.conceptId,
          drug_exposure_start_date: start.day,
          drug_exposure_start_datetime: start.time,
          drug_exposure_end_date: end?.day ?? start.day,
          drug_exposure_end_datetime: end?.time ?? null,
          verbatim_end_date: end?.day ?? null,
          drug_type_concept_id: type,
          quantity: dose.number,
          drug_source_value: about.sourceValue,
          drug_source_concept_id: about.sourceConceptId,
          route_source_value: textAt(cells, row.route),
          dose_unit_source_value: dose.sourceUnit,
        },
      };
    }
    case 'procedure_occurrence':
      return {
        table: row.table,
        ...identity,
        values: {
          procedure_concept_id: about.conceptId,
          procedure_date: start.day,
          procedure_datetime: start.time,
          procedure_end_date: end?.day ?? null,
          procedure_end_datetime: end?.time ?? null,
          procedure_type_concept_id: type,
          procedure_source_value: about.sourceValue,
          procedure_source_concept_id: about.sourceConceptId,
        },
      };
    case 'device_exposure':
      return {
        table: row.table,
        ...identity,
        values: {
          device_concept_id: about.conceptId,
          device_exposure_start_date: start.day,
          device_exposure_start_datetime: start.time,
          device_exposure_end_date: end?.day ?? null,
          device_exposure_end_datetime: end?.time ?? null,
          device_type_concept_id: type,
          device_source_value: about.sourceValue,
          device_source_concept_id: about.sourceConceptId,
        },
      };
    case 'visit_occurrence':
      return {
        table: row.table,
        ...identity,
        careSite: textAt(cells, row.careSite),
        values: {
          visit_concept_id: about.conceptId,
          visit_start_date: start.day,
          visit_start_datetime: start.time,
          visit_end_date: end?.day ?? start.day,
          visit_end_datetime: end?.time ?? null,
          visit_type_concept_id: type,
          visit_source_value: about.sourceValue,
          visit_source_concept_id: about.sourceConceptId,
        },
      };
  }
};
