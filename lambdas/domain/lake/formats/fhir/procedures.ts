import { subjectOf, visitOf } from './about.ts';
import { coded } from './codes.ts';
import { EHR, type Maker } from './maker.ts';
import { NOT_DONE, STATUS } from './status.ts';
import { timing } from './timing.ts';

export const procedure: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.event));
  const subject = subjectOf(elements, 'subject', context);
  const visit = visitOf(elements, 'encounter', context);
  const code = coded(elements, 'code');
  const { start, end } = timing(elements, 'performed', ['String', 'Age', 'Range']);
  if (subject === null || !code || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'procedure_occurrence',
      subject,
      record: context.record,
      visit,
      values: {
        procedure_concept_id: code.conceptId,
        procedure_date: start.day,
        procedure_datetime: start.time,
        procedure_end_date: end?.day ?? null,
        procedure_end_datetime: end?.time ?? null,
        procedure_type_concept_id: EHR,
        procedure_source_value: code.text,
        procedure_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};

/** A device by its kind alone: serial numbers and UDIs identify. A row needs a day. */
export const device: Maker = (elements, context) => {
  const owner = elements.resource['patient'] === undefined ? null : subjectOf(elements, 'patient', context, []);
  const code = coded(elements, 'type');
  const made = elements.moment('manufactureDate');
  if (owner === null || !code || !made) return [];
  return [
    {
      table: 'device_exposure',
      subject: owner,
      record: context.record,
      values: {
        device_concept_id: code.conceptId,
        device_exposure_start_date: made.day,
        device_type_concept_id: EHR,
        device_source_value: code.text,
        device_source_concept_id: code.sourceConceptId,
      },
    },
  ];
};
