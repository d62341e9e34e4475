import type { Draft } from '../../reading.ts';
import { conceptOf } from '../../vocabulary/concept-of.ts';
import { subjectOf, visitOf } from './about.ts';
import { codeOf } from './codes.ts';
import { EHR, type Maker } from './maker.ts';
import { inStandardUnit } from './standard-unit.ts';
import { NOT_DONE, STATUS } from './status.ts';
import { timing } from './timing.ts';
import { NOTHING, foundValue } from './values.ts';

const MEASURED: readonly string[] = ['laboratory', 'vital-signs', 'exam', 'imaging'];

export const observation: Maker = (elements, context) => {
  const status = elements.required('status', elements.code('status', STATUS.observation));
  const code = codeOf(elements, 'code');
  const subject = subjectOf(elements, 'subject', context, ['Group', 'Device', 'Location']);
  const visit = visitOf(elements, 'encounter', context);
  const categories = elements.list('category').flatMap((category, index) => elements.codings('category', { category }, `category[${index}]`).map(({ code }) => code));
  const effective = timing(elements, 'effective', ['Timing', 'Instant']);
  const instant = elements.resource['effectiveInstant'] === undefined ? null : elements.moment('effectiveInstant');
  const issued = elements.moment('issued');
  const at = effective.start ?? instant ?? issued;
  const value = foundValue(elements, elements.resource, '');
  const components = elements.list('component').map((component, index) => {
    const path = `component[${index}].`;
    return { code: codeOf(elements, 'code', component, `${path}code`), value: foundValue(elements, component, path) };
  });
  if (subject === null || !code || !at || NOT_DONE.includes(status)) return [];
  const rows = value !== null || components.length === 0 ? [{ code, value: value ?? NOTHING }] : [];
  for (const component of components) if (component.code) rows.push({ code: component.code, value: component.value ?? NOTHING });
  return rows.map((row): Draft => {
    const measured = row.value.number !== null || categories.some((category) => MEASURED.includes(category));
    const shared = { subject, record: context.record, visit };
    const { code: coded, unit, operator, text } = row.value;
    const { number, unitConcept } = inStandardUnit(row.code, row.value.number, unit) ?? row.value;
    if (measured && !isFlag(row.code.code))
      return {
        table: 'measurement',
        ...shared,
        values: {
          measurement_concept_id: row.code.conceptId,
          measurement_date: at.day,
          measurement_datetime: at.time,
          measurement_type_concept_id: EHR,
          operator_concept_id: operator,
          value_as_number: number,
          value_as_concept_id: coded?.conceptId ?? null,
          unit_concept_id: unit ? unitConcept : null,
          measurement_source_value: row.code.text,
          measurement_source_concept_id: row.code.sourceConceptId,
          unit_source_value: unit,
          value_source_value: text,
        },
      };
    return {
      table: 'observation',
      ...shared,
      values: {
        observation_concept_id: row.code.conceptId,
        observation_date: at.day,
        observation_datetime: at.time,
        observation_type_concept_id: EHR,
        value_as_number: number,
        value_as_string: coded?.text ?? null,
        value_as_concept_id: coded?.conceptId ?? null,
        unit_concept_id: unit ? unitConcept : null,
        observation_source_value: row.code.text,
        observation_source_concept_id: row.code.sourceConceptId,
        unit_source_value: unit,
        value_source_value: text,
      },
    };
  });
};

/** A yes-or-no item of our own catalog is an observation, whatever number it has. */
const isFlag = (code: string): boolean =>
  ['Observation', 'Condition', 'Drug'].includes(conceptOf('None', code).domain ?? '') || ['Drug', 'Condition'].includes(conceptOf('RxNorm', code).domain ?? '');
