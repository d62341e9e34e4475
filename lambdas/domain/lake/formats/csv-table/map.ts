import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';
import { Mapping } from '../table/shared-mappings.ts';

export const CsvTableMap = z.strictObject({ ...MAP_BASE, format: z.literal('csv-table'), mapping: Mapping });
export type CsvTableMap = z.infer<typeof CsvTableMap>;
