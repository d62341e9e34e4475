import { tableReader } from '../table/table-reader.ts';
import { csvRows } from './rows.ts';

/** CSV extracts of any columns, by the mapping of their source. */
export const readCsvTable = tableReader(csvRows);
