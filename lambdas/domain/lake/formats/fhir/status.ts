import { Elements, type Json } from './elements.ts';

/** The required value sets of the elements `status` (https://www.hl7.org/fhir/R4/terminologies-valuesets.html). */
export const STATUS = {
  encounter: ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'],
  observation: ['registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'entered-in-error', 'unknown'],
  request: ['active', 'on-hold', 'cancelled', 'completed', 'entered-in-error', 'stopped', 'draft', 'unknown'],
  statement: ['active', 'completed', 'entered-in-error', 'intended', 'stopped', 'on-hold', 'unknown', 'not-taken'],
  administration: ['in-progress', 'not-done', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'unknown'],
  dispense: ['preparation', 'in-progress', 'cancelled', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'declined', 'unknown'],
  event: ['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'entered-in-error', 'unknown'],
  immunization: ['completed', 'entered-in-error', 'not-done'],
} as const;

/** What was not done, or not yet, makes no row. */
export const NOT_DONE: readonly (string | null)[] = ['planned', 'cancelled', 'draft', 'not-taken', 'not-done', 'intended', 'preparation', 'declined', 'registered'];

/** Whether an Encounter took place on a day that is told: only then there is a visit that others can belong to. */
export const isVisit = (encounter: Json): boolean => {
  const elements = new Elements(encounter);
  const period = elements.object('period');
  return !NOT_DONE.includes(elements.code('status', STATUS.encounter)) && period !== null && (elements.moment('start', period) ?? elements.moment('end', period)) !== null;
};
