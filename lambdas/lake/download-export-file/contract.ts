import * as z from 'zod';
import { ExportId } from '../../contracts/export.ts';
import { ExportEnvironment } from '../../contracts/export-environment.ts';

export const Environment = ExportEnvironment;

/** `failures`: those in a row that the call before told. */
export const Input = z.object({ exportId: ExportId, batch: z.number().int().min(0), failures: z.number().int().min(0) });
