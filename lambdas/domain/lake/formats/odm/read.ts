import type { Reader } from '../../reading.ts';
import { tableUnits } from '../table/table-units.ts';
import type { OdmMap } from './map.ts';
import { odmRows } from './rows.ts';

/** CDISC ODM documents: each item group a table, the data of one for a subject a record. */
export const readOdm: Reader<OdmMap> = (files, map) => tableUnits(() => odmRows(files, map), map.mapping);
