import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';
import { Mapping } from '../table/shared-mappings.ts';

const oid = z.string().min(1);
const name = z.string().regex(/^[A-Z_][A-Z0-9_.]{0,63}$/, { error: 'must be an upper-case name of at most 64 letters, digits, _ and .' });

export const OdmMap = z.strictObject({
  ...MAP_BASE,
  format: z.literal('odm'),
  subject: z
    .enum(['StudyOID-SubjectKey', 'SubjectKey', 'USUBJID'])
    .default('StudyOID-SubjectKey')
    .describe('what tells a subject from others in the namespace: a SubjectKey is unique within its study alone; USUBJID: the item with that SDSVarName'),
  tables: z.record(oid, name).default({}).describe('the table of an item group, by its OID; else its Domain, SASDatasetName, or the OID itself'),
  columns: z.record(oid, name).default({}).describe('the column of an item, by its OID; else its SDSVarName, SASFieldName, or the OID itself'),
  mapping: Mapping,
});
export type OdmMap = z.infer<typeof OdmMap>;
