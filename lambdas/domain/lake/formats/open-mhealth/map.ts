import * as z from 'zod';
import { MAP_BASE, onePatient } from '../../map-base.ts';
import { SCHEMAS } from './schemas.ts';

const NAMES = [...new Set(SCHEMAS.map(({ namespace, name, version }) => `${namespace}:${name}:${version}`))];

export const OpenMhealthMap = z.strictObject({
  ...MAP_BASE,
  format: z.literal('open-mhealth'),
  schema: z
    .enum(NAMES as [string, ...string[]])
    .optional()
    .describe('the schema of bodies that come without a header; else it is told from the folders they lie in, or from what they hold'),
  subject: z.strictObject({
    header: z.array(z.string().min(1)).describe('the first of these properties of the header that is there is the patient’s key'),
    bare: z
      .union([z.enum(['apart', 'refused']), onePatient])
      .describe(
        'a body without a header, or with one of IEEE 1752.1 without a user, does not say whose it is. apart: each such document is a person of its own; refused: it is left out; is: all are this patient’s',
      ),
  }),
  timeZone: z.enum(['required', 'optional']).describe('a time without a zone is left out, or taken as the patient’s clock'),
});
export type OpenMhealthMap = z.infer<typeof OpenMhealthMap>;
