import { VOCABULARY_OF_SYSTEM, conceptOf } from '../../vocabulary/concept-of.ts';
import { type Json, codesOf, isObject } from './check-resource.ts';
import type { FhirSourceMap } from './map.ts';

/*
 * Elements that say the same in many resources (a code, whom it is about) are read once for each distinct text that they have, not once
 * for each resource.
 */

/** `*_source_value` has 50 characters. */
const SOURCE_VALUE_LENGTH = 50;

export type Coded = { sourceValue: string | null; conceptId: number; sourceConceptId: number; domain: string | null };
const NO_CODE: Coded = { sourceValue: null, conceptId: 0, sourceConceptId: 0, domain: null };

/** The coding that has a standard concept, else the first: its concept, 0 where the vocabulary does not know it. */
export const codedOf = (concept: unknown): Coded => {
  const known = codesOf(concept).map(({ system, code }) => ({ code, ...conceptOf(VOCABULARY_OF_SYSTEM[system ?? ''] ?? 'None', code) }));
  const chosen = known.find(({ conceptId }) => conceptId > 0) ?? known.find(({ domain }) => domain !== null) ?? known[0];
  if (!chosen) return NO_CODE;
  return { sourceValue: chosen.code.slice(0, SOURCE_VALUE_LENGTH), conceptId: chosen.conceptId, sourceConceptId: chosen.sourceConceptId, domain: chosen.domain };
};

/**
 * What a reference leads to, as a key that its target has as well: `Type/id` (also of an absolute or versioned one), a `urn:`, or
 * `Type?identifier=system|value`; `#id` is inside the resource; null: it only names or describes its target. `broken`: it can lead
 * nowhere that is allowed.
 */
export const referenceKey = (reference: Json, targets: readonly string[]): { key: string | null } | 'broken' => {
  const { reference: to, identifier, type } = reference;
  if (typeof to !== 'string') {
    if (!isObject(identifier) || typeof identifier['value'] !== 'string') return { key: null };
    const { system, value } = identifier;
    return { key: `${typeof type === 'string' ? type : targets[0]}?identifier=${typeof system === 'string' ? system : ''}|${value}` };
  }
  if (to.startsWith('#') || to.startsWith('urn:')) return { key: to };
  const [, searched, query] = /(?:^|\/)([A-Z][A-Za-z]+)\?(.*)$/s.exec(to) ?? [];
  if (searched !== undefined) {
    const identified = new URLSearchParams(query).getAll('identifier');
    if (!targets.includes(searched) || identified.length !== 1) return 'broken';
    // without a bar the identifier may be of any system
    return { key: `${searched}?identifier=${identified[0]!.includes('|') ? '' : '*|'}${identified[0]}` };
  }
  const [, named, id] = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(to) ?? [];
  return named !== undefined && targets.includes(named) ? { key: `${named}/${id}` } : 'broken';
};

/** The keys under which a resource with these identifiers is found by a conditional reference. */
export const identifierKeys = (type: string, identifiers: readonly Json[]): string[] =>
  identifiers.flatMap(({ system, value }) =>
    typeof value === 'string' ? [`${type}?identifier=${typeof system === 'string' ? system : ''}|${value}`, `${type}?identifier=*|${value}`] : [],
  );

/** The patient's key by the map: the identifier of its system, or null where the patient has none. */
export const subjectOfIdentifiers = (identifiers: readonly Json[], map: FhirSourceMap): string | null => {
  if (map.subject === 'id') return null;
  const { identifierSystem } = map.subject;
  const found = identifiers.find(({ system, value }) => system === identifierSystem && typeof value === 'string');
  return (found?.['value'] as string | undefined) ?? null;
};

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-';

/** The first OMB category of US Core's race or ethnicity extension. */
export const ombCategory = (extensions: readonly Json[], name: 'race' | 'ethnicity'): string | null => {
  const extension = extensions.find(({ url }) => url === `${US_CORE}${name}`);
  const parts = (extension?.['extension'] ?? []) as Json[];
  const coding = parts.find(({ url }) => url === 'ombCategory')?.['valueCoding'];
  return isObject(coding) && typeof coding['code'] === 'string' ? coding['code'].slice(0, SOURCE_VALUE_LENGTH) : null;
};
