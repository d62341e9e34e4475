import { reference, subjectOf } from './about.ts';
import { sourceCode } from './codes.ts';
import { EHR_ENCOUNTER, type Maker } from './maker.ts';
import { NOT_DONE, STATUS } from './status.ts';
import { periodOf } from './timing.ts';

export const organization: Maker = ({ resource }, { record }) => {
  const careSite = typeof resource['id'] === 'string' ? resource['id'] : record.slice('Organization/'.length);
  return [{ table: 'care_site', subject: null, record, careSite, values: { place_of_service_concept_id: 0, care_site_source_value: careSite.slice(0, 50) } }];
};

/** HL7's ActCode by the CDM's visit concepts: outpatient, inpatient, emergency room, telehealth, home visit, observation room. */
const VISITS: Readonly<Record<string, number>> = { AMB: 9202, IMP: 9201, ACUTE: 9201, NONAC: 9201, EMER: 9203, VR: 5083, HH: 581476, OBSENC: 581385 };

export const encounter: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.encounter));
  const held = elements.required('class', elements.object('class', elements.resource, 'class', 'Coding'));
  const kind = held && elements.text('code', held, 'class.code');
  const subject = subjectOf(elements, 'subject', context);
  const period = elements.object('period', elements.resource, 'period', 'Period');
  const { start, end } = period ? periodOf(elements, period, 'period') : { start: null, end: null };
  const site = reference(elements, 'serviceProvider', 'Organization', context);
  if (subject === null || !start || NOT_DONE.includes(status)) return [];
  return [
    {
      table: 'visit_occurrence',
      subject,
      record: context.record,
      careSite: site === null || site === 'elsewhere' ? null : site.id,
      values: {
        visit_concept_id: VISITS[kind ?? ''] ?? 0,
        visit_start_date: start.day,
        visit_start_datetime: start.time,
        visit_end_date: (end ?? start).day,
        visit_end_datetime: (end ?? start).time,
        visit_type_concept_id: EHR_ENCOUNTER,
        visit_source_value: sourceCode(kind),
      },
    },
  ];
};
