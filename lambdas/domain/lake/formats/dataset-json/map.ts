import * as z from 'zod';
import { MAP_BASE } from '../../map-base.ts';
import { Mapping } from '../table/shared-mappings.ts';

export const DatasetJsonMap = z.strictObject({ ...MAP_BASE, format: z.literal('dataset-json'), mapping: Mapping });
export type DatasetJsonMap = z.infer<typeof DatasetJsonMap>;
