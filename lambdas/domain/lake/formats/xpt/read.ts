import { tableReader } from '../table/table-reader.ts';
import { xptRows } from './rows.ts';

/** SAS transport files of version 5 and 8: each dataset a table, each observation a record. */
export const readXpt = tableReader(xptRows);
