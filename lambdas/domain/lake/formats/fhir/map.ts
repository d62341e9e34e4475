import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';

const SHARED = {
  ...MAP_BASE,
  subject: z
    .union([z.literal('id'), z.strictObject({ identifierSystem: z.string().min(1) })], { error: 'must be "id" or {"identifierSystem"}' })
    .describe('what names a patient in all files of the namespace: Patient.id, or the identifier of this system'),
  patientsElsewhere: z.boolean().describe('a reference to a patient, an encounter or an organization that is not among the files leads to one that came before; else it is broken'),
};

/** Bundles: transaction, batch, collection, searchset, history, document, message. */
export const FhirMap = z.strictObject({ ...SHARED, format: z.literal('fhir') });
/** Bulk Data: one resource a line, several files as one set. */
export const FhirNdjsonMap = z.strictObject({ ...SHARED, format: z.literal('fhir-ndjson') });

export type FhirSourceMap = z.infer<typeof FhirMap> | z.infer<typeof FhirNdjsonMap>;
