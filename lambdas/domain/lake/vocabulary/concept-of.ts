import * as z from 'zod';
import shipped from '../../../../config/vocabulary/codes.json' with { type: 'json' };
import { CONCEPTS } from '../concepts.ts';

const Code = z.strictObject({
  vocabulary: z.string(),
  code: z.string(),
  name: z.string(),
  conceptId: z.number().int().min(0).describe('standard concept that the code maps to; 0: it maps to none'),
  sourceConceptId: z.number().int().min(0).describe('the code’s own concept'),
  domain: z.string(),
  ingredients: z.array(z.string()).optional().describe('RxNorm codes of the ingredients of a clinical drug'),
  source: z.string(),
});

const Shipped = z.strictObject({ sources: z.record(z.string(), z.string()), codes: z.array(Code) });

/** What the vocabulary says of a code. `conceptId` is standard, 0 where none is known; `domain` is null where the code is not known. */
export type CodedConcept = { conceptId: number; sourceConceptId: number; domain: string | null; ingredients: readonly string[] };

const UNKNOWN: CodedConcept = { conceptId: 0, sourceConceptId: 0, domain: null, ingredients: [] };
const NO_CODES: readonly string[] = [];

const keyOf = (vocabulary: string, code: string): string => `${vocabulary} ${code}`;

const CODES: ReadonlyMap<string, CodedConcept> = new Map([
  ...Object.values(CONCEPTS).map(({ vocabulary, code, conceptId, domain }): [string, CodedConcept] => [
    keyOf(vocabulary, code),
    { conceptId, sourceConceptId: conceptId, domain, ingredients: NO_CODES },
  ]),
  ...Shipped.parse(shipped).codes.map(({ vocabulary, code, conceptId, sourceConceptId, domain, ingredients }): [string, CodedConcept] => [
    keyOf(vocabulary, code),
    { conceptId, sourceConceptId, domain, ingredients: ingredients ?? NO_CODES },
  ]),
]);

/** The concept of a code in an OMOP vocabulary (`LOINC`, `SNOMED`, `RxNorm`, `CVX`, `UCUM`, `Visit` …): an unknown code has concept 0 and is kept as it is. */
export const conceptOf = (vocabulary: string, code: string): CodedConcept => CODES.get(keyOf(vocabulary, code)) ?? UNKNOWN;

/** Every shipped code, for engines that join instead of asking one by one. */
export const shippedCodes = (): { vocabulary: string; code: string; concept: CodedConcept }[] =>
  [...CODES].map(([key, concept]) => {
    const space = key.indexOf(' ');
    return { vocabulary: key.slice(0, space), code: key.slice(space + 1), concept };
  });

/** FHIR's code systems by their OMOP vocabulary (https://www.hl7.org/fhir/R4/terminologies-systems.html). */
export const VOCABULARY_OF_SYSTEM: Readonly<Record<string, string>> = {
  'http://loinc.org': 'LOINC',
  'http://snomed.info/sct': 'SNOMED',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RxNorm',
  'http://hl7.org/fhir/sid/cvx': 'CVX',
  'http://unitsofmeasure.org': 'UCUM',
  'http://hl7.org/fhir/sid/icd-10-cm': 'ICD10CM',
  'http://hl7.org/fhir/sid/icd-9-cm': 'ICD9CM',
  'http://hl7.org/fhir/sid/ndc': 'NDC',
  'http://www.ama-assn.org/go/cpt': 'CPT4',
  'http://www.genenames.org': 'HGNC',
  'http://www.ncbi.nlm.nih.gov/projects/SNP': 'dbSNP',
  'http://hl7.org/fhir/sid/icd-10': 'ICD10',
  'http://www.cms.gov/Medicare/Coding/ICD10': 'ICD10PCS',
  'http://www.whocc.no/atc': 'ATC',
  // HL7's registry of object identifiers, as servers that grew from version 2 and CDA name them
  'urn:oid:2.16.840.1.113883.6.1': 'LOINC',
  'urn:oid:2.16.840.1.113883.6.96': 'SNOMED',
  'urn:oid:2.16.840.1.113883.6.88': 'RxNorm',
  'urn:oid:2.16.840.1.113883.12.292': 'CVX',
  'urn:oid:2.16.840.1.113883.6.59': 'CVX',
  'urn:oid:2.16.840.1.113883.6.8': 'UCUM',
  'urn:oid:2.16.840.1.113883.6.90': 'ICD10CM',
  'urn:oid:2.16.840.1.113883.6.103': 'ICD9CM',
  'urn:oid:2.16.840.1.113883.6.69': 'NDC',
  'urn:oid:2.16.840.1.113883.6.12': 'CPT4',
};
