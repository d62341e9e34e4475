import { hasIdentifierForm, isTellableCode } from '../../identifier-form.ts';
import { VOCABULARY_OF_SYSTEM, conceptOf } from '../../vocabulary/concept-of.ts';
import type { Coding, Elements, Json } from './elements.ts';
import { isObject } from './entries.ts';

export type Coded = { vocabulary: string | null; code: string; conceptId: number; sourceConceptId: number; text: string | null };

/** A coding whose code has a concept comes first, then one of a vocabulary, then the first one. */
export const best = (codings: readonly Coding[]): Coded | null => {
  const read = codings.map(({ system, code }) => ({ system, code, ...conceptOf(VOCABULARY_OF_SYSTEM[system] ?? system, code) }));
  const chosen = read.find(({ conceptId }) => conceptId > 0) ?? read.find(({ system }) => isOfVocabulary(system)) ?? read[0];
  if (!chosen) return null;
  const { system, code, conceptId, sourceConceptId } = chosen;
  const isDrugCode = VOCABULARY_OF_SYSTEM[system] === 'NDC' && NDC.test(code);
  return { vocabulary: VOCABULARY_OF_SYSTEM[system] ?? null, code, conceptId, sourceConceptId, text: isDrugCode ? code : sourceCode(code, isOfVocabulary(system)) };
};
/** Labeler and product, with or without the package; without it looks like a ZIP code. */
const NDC = /^\d{4,5}-\d{3,4}(?:-\d{1,2})?$/;

const isOfVocabulary = (system: string): boolean => Object.hasOwn(VOCABULARY_OF_SYSTEM, system);

/** Codes that say that something is not known, and one that says that the patient has none (International Patient Summary): neither is a fact. */
const UNKNOWN: readonly string[] = [
  'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
  'http://hl7.org/fhir/v3/NullFlavor',
];
const NONE = /\/absent-unknown-uv-ips$/;

/** What a CodeableConcept means: its coding, or where it has none its words, which the lake keys like every term that it does not know. `none`: that there is nothing. */
const meantBy = (elements: Elements, field: string, of: Json, path: string): Coded | 'none' | null => {
  const codings = elements.codings(field, of, path);
  if (codings.some(({ system }) => NONE.test(system))) return 'none';
  const code = best(codings.filter(({ system }) => !UNKNOWN.includes(system)));
  const concept = of[field];
  if (code || !isObject(concept)) return code;
  const displayed = Array.isArray(concept['coding']) && codings.length === 0 ? (concept['coding'] as unknown[]).map((coding) => isObject(coding) && coding['display']) : [];
  const words = [concept['text'], ...displayed].find((text) => typeof text === 'string' && text.trim() !== '');
  return typeof words === 'string' ? worded(words) : codings.length > 0 ? 'none' : null;
};

export const coded = (elements: Elements, field: string, of: Json = elements.resource, path = field): Coded | null => {
  const meant = meantBy(elements, field, of, path);
  return meant === 'none' ? null : meant;
};

/** The code that a resource must have. */
export const codeOf = (elements: Elements, field: string, of: Json = elements.resource, path = field): Coded | null => {
  const meant = meantBy(elements, field, of, path);
  return meant === 'none' ? null : elements.required(path, meant);
};

export const worded = (words: string): Coded => ({ vocabulary: null, code: '', conceptId: 0, sourceConceptId: 0, text: words.trim().slice(0, 50) });

/** A code as a source value, which has 50 characters; null where it looks like an identifier of a person. A vocabulary's codes may be long numbers. */
export const sourceCode = (code: string | null, isOfVocabulary = false): string | null =>
  code !== null && (isTellableCode(code) || (isOfVocabulary && !hasIdentifierForm(code))) ? code.slice(0, 50) : null;
