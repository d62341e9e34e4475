/**
 * How a record was captured: concepts of OMOP's vocabulary Type Concept, by what a source map calls them. 32809 is OMOP4976882, 32817
 * OMOP4976890, 32856 OMOP4976929; 32865: https://ohdsi.github.io/Themis/type_concepts.html.
 */
export const TYPE_CONCEPTS = { 'case report form': 32_809, EHR: 32_817, lab: 32_856, 'patient self-report': 32_865, registry: 32_879 } as const satisfies Record<string, number>;
export type RecordType = keyof typeof TYPE_CONCEPTS;
export const RECORD_TYPES = Object.keys(TYPE_CONCEPTS) as [RecordType, ...RecordType[]];
