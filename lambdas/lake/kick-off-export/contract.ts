import * as z from 'zod';
import { ExportId } from '../../contracts/export.ts';
import { ExportEnvironment } from '../../contracts/export-environment.ts';

export const Environment = ExportEnvironment;

export const Input = z.object({ exportId: ExportId });
