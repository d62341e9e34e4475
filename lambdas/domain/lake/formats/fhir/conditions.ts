import { subjectOf, visitOf } from './about.ts';
import { best, coded } from './codes.ts';
import { isAfter } from './elements.ts';
import { EHR, type Maker } from './maker.ts';
import { notBefore, timing } from './timing.ts';

/** A diagnosis that is not confirmed (FHIR's condition-ver-status) by the CDM's condition status: preliminary. */
const PRELIMINARY = 32899;
const NOT_CONFIRMED: readonly (string | undefined)[] = ['unconfirmed', 'provisional', 'differential'];
/** What is said not to be so makes no row. */
const REFUTED: readonly (string | undefined)[] = ['refuted', 'entered-in-error'];

export const condition: Maker = (elements, context) => {
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const code = coded(elements, 'code');
  const verification = best(elements.codings('verificationStatus'))?.code;
  const onset = timing(elements, 'onset', ['Age', 'Range', 'String']);
  const abated = timing(elements, 'abatement', ['Age', 'Range', 'String']);
  const recorded = elements.moment('recordedDate');
  if (onset.start && abated.end && isAfter(onset.start, abated.end)) elements.wrong('abatement[x]', 'impossible-value');
  // what had ended before it was recorded had begun by then
  const start = onset.start ?? (recorded && abated.end && isAfter(recorded, abated.end) ? abated.end : (recorded ?? abated.end));
  const end = abated.end && notBefore(start, abated.end);
  if (subject === null || !code || !start || REFUTED.includes(verification)) return [];
  return [
    {
      table: 'condition_occurrence',
      subject,
      record: context.record,
      visit,
      values: {
        condition_concept_id: code.conceptId,
        condition_start_date: start.day,
        condition_start_datetime: start.time,
        condition_end_date: end?.day ?? null,
        condition_end_datetime: end?.time ?? null,
        condition_type_concept_id: EHR,
        ...(NOT_CONFIRMED.includes(verification) ? { condition_status_concept_id: PRELIMINARY, condition_status_source_value: verification! } : {}),
        condition_source_value: code.text,
        condition_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

export const allergy: Maker = (elements, context) => {
  const subject = subjectOf(elements, 'patient', context, []);
  const code = coded(elements, 'code');
  const verification = best(elements.codings('verificationStatus'))?.code;
  const recorded = elements.moment('recordedDate');
  const at = timing(elements, 'onset', ['Age', 'Range', 'String']).start ?? recorded;
  if (subject === null || !code || !at || REFUTED.includes(verification)) return [];
  return [
    {
      table: 'observation',
      subject,
      record: context.record,
      values: {
        observation_concept_id: code.conceptId,
        observation_date: at.day,
        observation_datetime: at.time,
        observation_type_concept_id: EHR,
        observation_source_value: code.text,
        observation_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};
