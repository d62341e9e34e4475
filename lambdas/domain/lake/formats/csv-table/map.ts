import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';
import { Mapping } from '../table/shared-mappings.ts';

export const CsvTableMap = z
  .strictObject({
    ...MAP_BASE,
    format: z.literal('csv-table'),
    encoding: z.enum(['utf-8', 'windows-1252', 'iso-8859-15']).default('utf-8').describe('of files without a byte order mark of UTF-16'),
    nullTokens: z.array(z.string()).default([]).describe('cells that say nothing, besides those of the mapping: a shared one has none'),
    mapping: Mapping,
  })
  .transform(({ nullTokens, mapping, ...map }) => ({ ...map, mapping: nullTokens.length === 0 ? mapping : { ...mapping, nullTokens: [...mapping.nullTokens, ...nullTokens] } }));
export type CsvTableMap = z.infer<typeof CsvTableMap>;
