import { CONCEPTS, conceptIdOf } from '../../concepts.ts';
import type { Draft, Finding } from '../../reading.ts';
import { conceptOf } from '../../vocabulary/concept-of.ts';
import { DEVICE } from '../wearable/measurement-draft.ts';
import { MEASURES, type Measure, converted } from './measures.ts';
import { type When, isoDuration, readTimeFrame } from './time-frame.ts';

const MINUTES_PER_DAY = 1440;

type Body = Readonly<Record<string, unknown>>;
type Identity = { subject: string; record: string /** OMOP type concept; none: a device’s */; type?: number };

/**
 * The rows of a valid body: one per measure that it holds. A body without a time makes none, since a row has a date; nor does a statistic over
 * an interval that ends before it starts: schemas allow both. A measure over such an interval is a finding.
 */
export const bodyDrafts = (body: Body, identity: Identity, prefix: string): { drafts: Draft[]; findings: Finding[] } => {
  const frame = readTimeFrame(body['effective_time_frame'], `${prefix}effective_time_frame`);
  const isStatistic = statisticOf(body) !== null;
  const findings = frame.findings.filter(({ reason }) => !(isStatistic && reason === 'contradictory-value'));
  const drafts: Draft[] = [];
  for (const { holder, at } of holdersOf(body, prefix)) {
    for (const [property, value] of Object.entries(holder)) {
      const measure = MEASURES.get(property);
      if (!measure) continue;
      const reading = readValue(value, measure);
      if (reading === null) continue;
      if ('reason' in reading) findings.push({ field: `${at}${property}`, reason: reading.reason });
      else if (!isStatistic && statisticOf(holder) === null && exceeds(reading, measure, frame.when)) findings.push({ field: `${at}${property}`, reason: 'impossible-value' });
      else if (frame.when) drafts.push(measurement(reading, measure, body, holder, frame.when, identity));
    }
  }
  if ('activity_name' in body && frame.when) drafts.push(activity(body, frame.when, identity));
  return { drafts: findings.length > 0 ? [] : drafts, findings };
};

/** A summary of sleep stages holds its measures one level down (IEEE 1752.1 sleep-stage-summary). */
const holdersOf = (body: Body, prefix: string): { holder: Body; at: string }[] => {
  const summary = body['sleep_stage_summary'];
  return [{ holder: body, at: prefix }, ...(typeof summary === 'object' && summary !== null ? [{ holder: summary as Body, at: `${prefix}sleep_stage_summary.` }] : [])];
};

type Reading = { value: number; original: number; unit: string };

const readValue = (given: unknown, measure: Measure): Reading | { reason: 'impossible-value' | 'wrong-unit' } | null => {
  const { value, unit = '' } = (typeof given === 'object' && given !== null ? given : { value: given }) as { value?: unknown; unit?: string };
  if (typeof value !== 'number') return null;
  if (measure.onlyUnits && !measure.onlyUnits.includes(unit)) return null;
  const inUnit = converted(value, unit, measure);
  if (inUnit === null) return { reason: 'wrong-unit' };
  const [low, high] = measure.range;
  return inUnit >= low && inUnit <= high ? { value: inUnit, original: value, unit } : { reason: 'impossible-value' };
};

/** The ends of intervals are rounded. */
const ROUNDED_MINUTES = 1;

/** Whether a total is more than its interval has room for: minutes that were said to be hours. */
const exceeds = ({ value }: Reading, { perMinute }: Measure, when: When | null): boolean =>
  perMinute !== undefined && when !== null && when.minutes !== null && when.minutes > 0 && value > perMinute * (when.minutes + ROUNDED_MINUTES);

const measurement = (reading: Reading, measure: Measure, body: Body, holder: Body, when: When, { subject, record, type = DEVICE }: Identity): Draft => {
  const { code, conceptId } = CONCEPTS[conceptNameFor(measure, body, when)]!;
  const statistic = statisticOf(holder) ?? statisticOf(body);
  return {
    table: 'measurement',
    subject,
    record,
    values: {
      // a minimum or a mean is not a reading: its concept is not that of the reading
      measurement_concept_id: statistic === null ? conceptId : 0,
      measurement_source_value: statistic === null ? code : `${code} ${statistic}`,
      measurement_source_concept_id: statistic === null ? conceptId : 0,
      measurement_date: when.day,
      measurement_datetime: when.time,
      measurement_type_concept_id: type,
      value_as_number: reading.value,
      unit_concept_id: conceptOf('UCUM', measure.unit).conceptId,
      unit_source_value: reading.unit === '' ? measure.unit : reading.unit,
      value_source_value: measure.isOverTime && when.minutes !== null ? `${reading.original} in ${isoDuration(when.minutes)}` : String(reading.original),
    },
  };
};

const conceptNameFor = ({ concept, instead, overADay }: Measure, body: Body, { minutes }: When): string => {
  const by = instead?.by.map((property) => body[property]).find((value) => typeof value === 'string');
  if (typeof by === 'string' && Object.hasOwn(instead!.concepts, by)) return instead!.concepts[by]!;
  return overADay && minutes === MINUTES_PER_DAY ? overADay : concept;
};

const DENOMINATORS = ['d', 'wk', 'Mo', 'h', 'min', 'episode', 'meal', 'session'];

/** `average per d`: coded words of the schemas alone; another denominator may be free text. */
const statisticOf = (holder: Body): string | null => {
  const { descriptive_statistic: statistic, descriptive_statistic_denominator: denominator } = holder;
  if (typeof statistic !== 'string') return null;
  return typeof denominator === 'string' ? `${statistic} per ${DENOMINATORS.includes(denominator) ? denominator : 'other'}` : statistic;
};

/** The name of an activity is free text and is not kept. */
const activity = ({ reported_activity_intensity: intensity }: Body, when: When, { subject, record, type = DEVICE }: Identity): Draft => ({
  table: 'observation',
  subject,
  record,
  values: {
    observation_concept_id: conceptIdOf('physical_activity', 'Observation'),
    observation_source_value: CONCEPTS['physical_activity']!.code,
    observation_date: when.day,
    observation_datetime: when.time,
    observation_type_concept_id: type,
    value_source_value: [...(typeof intensity === 'string' ? [intensity] : []), ...(when.minutes === null ? [] : [isoDuration(when.minutes)])].join(' in ') || null,
  },
});
