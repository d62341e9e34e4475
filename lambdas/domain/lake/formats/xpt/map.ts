import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';
import { Mapping } from '../table/shared-mappings.ts';

export const XptMap = z.strictObject({
  ...MAP_BASE,
  format: z.literal('xpt'),
  encoding: z
    .enum(['auto', 'utf-8', 'latin1'])
    .default('auto')
    .describe('of character variables, which a transport file does not say; auto: UTF-8 where a value is that, else Windows-1252'),
  mapping: Mapping,
});
export type XptMap = z.infer<typeof XptMap>;
