import type { Elements, Json } from './elements.ts';
import type { Context } from './maker.ts';
import type { Other, References, Referred } from './references.ts';

/** Follows the reference of an element; null where there is none, or a wrong one, which is then a finding. */
export const reference = (elements: Elements, field: string, type: Referred, { index, file }: Context, others: readonly Other[] = []): { id: string } | 'elsewhere' | null => {
  const held = elements.object(field, elements.resource, field, 'Reference');
  const text = held && elements.text('reference', held, `${field}.reference`);
  if (text === null || text === undefined) return held && identified(elements, held, field, type, index);
  if (text.startsWith('#')) return 'elsewhere';
  const found = index.resolve(text, type, others, file);
  return found === 'broken' ? elements.wrong(`${field}.reference`, 'broken-reference') : found;
};

/** A reference by an identifier alone. */
const identified = (elements: Elements, held: Json, field: string, type: Referred, index: References): { id: string } | 'elsewhere' | null => {
  const identifier = held['reference'] === undefined ? elements.object('identifier', held, `${field}.identifier`) : null;
  const value = identifier && elements.text('value', identifier, `${field}.identifier.value`);
  if (!identifier || value === null) return null;
  const found = index.identified(elements.text('system', identifier, `${field}.identifier.system`), value, type);
  return found === 'broken' ? elements.wrong(`${field}.identifier`, 'broken-reference') : found;
};

/** The patient that the resource is about: required, and known; null also where it is about one of the others that FHIR allows there. */
export const subjectOf = (elements: Elements, field: string, context: Context, others: readonly Other[] = ['Group']): string | null => {
  const found = reference(elements, field, 'Patient', context, others);
  if (found === 'elsewhere') {
    if (String((elements.resource[field] as Json)['reference']).startsWith('#')) elements.wrong(`${field}.reference`, 'missing-key');
    return null;
  }
  const key = found === null ? null : (context.index.patientKey(found.id) ?? elements.wrong(`${field}.reference`, 'missing-key'));
  return elements.required(field, key);
};

/** The encounter that the resource belongs to, where it makes a visit. */
export const visitOf = (elements: Elements, field: string, context: Context): string | null => {
  const found = reference(elements, field, 'Encounter', context, ['EpisodeOfCare']);
  return found === null || found === 'elsewhere' || !context.index.isVisit(found.id) ? null : `Encounter/${found.id}`;
};
