import { tableReader } from '../table/table-reader.ts';
import { datasetRows } from './rows.ts';

/** CDISC Dataset-JSON 1.1: JSON, NDJSON, and NDJSON compressed (dsjc, expanded before it comes here). */
export const readDatasetJson = tableReader(datasetRows);
