import { CONCEPTS } from '../../concepts.ts';
import type { Draft } from '../../reading.ts';
import { unitConceptOf } from '../table/source-unit.ts';

/** No OMOP type concept is known here for what a device measured by itself. */
export const DEVICE = 0;
/** https://ohdsi.github.io/Themis/type_concepts.html */
export const PATIENT_SELF_REPORT = 32_865;

const DAY_MS = 86_400_000;
const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
let lastDay = { number: Number.NaN, text: '' };

/** `YYYY-MM-DDTHH:MM:SS`. Neighbouring rows are mostly of one day, whose text is remembered. */
const clockText = (clock: number): string => {
  const day = Math.floor(clock / DAY_MS);
  if (day !== lastDay.number) lastDay = { number: day, text: new Date(day * DAY_MS).toISOString().slice(0, 11) };
  const second = Math.floor((clock - day * DAY_MS) / 1000);
  return `${lastDay.text}${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
};

/** `+02:00`; of UTC, and of a time without zone, nothing. */
const offsetText = (offset: number): string => {
  if (offset === 0) return '';
  const minutes = Math.round(Math.abs(offset) / 60_000);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

export type Measured = {
  subject: string;
  concept: string;
  clock: number;
  /** where the time says its zone: an hour that the clock has twice is two */
  instant?: number;
  /** whether the hour of the day is known */
  isTimed: boolean;
  value: number;
  /** UCUM */
  unit: string;
  operator?: number | null;
  type?: number;
  /** as the source says them; of a summary none */
  sourceValue?: string;
  sourceUnit?: string;
};

/**
 * A value of a person at a time. Its record is what it is about, whose and when: the same value in another file of the source (steps of a
 * day, in a table of steps and in one of all activity) is the same record.
 */
export const measurementDraft = ({ subject, concept, clock, instant = clock, isTimed, value, unit, operator, type = DEVICE, sourceValue, sourceUnit }: Measured): Draft => {
  const { code, conceptId } = CONCEPTS[concept]!;
  const time = clockText(clock);
  return {
    table: 'measurement',
    subject,
    record: `${concept} ${subject} ${isTimed ? `${time}${offsetText(clock - instant)}` : time.slice(0, 10)}`,
    values: {
      measurement_concept_id: conceptId,
      measurement_source_value: code,
      measurement_source_concept_id: conceptId,
      measurement_date: time.slice(0, 10),
      measurement_datetime: isTimed ? time : null,
      measurement_type_concept_id: type,
      operator_concept_id: operator ?? null,
      value_as_number: value,
      unit_concept_id: unitConceptOf(unit),
      unit_source_value: sourceUnit ?? unit,
      value_source_value: sourceValue ?? null,
    },
  };
};
