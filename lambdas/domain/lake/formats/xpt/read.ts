import type { Reader } from '../../reading.ts';
import { tableUnits } from '../table/table-units.ts';
import type { XptMap } from './map.ts';
import { xptRows } from './rows.ts';

/** SAS transport files of version 5 and 8: each dataset a table, each observation a record. */
export const readXpt: Reader<XptMap> = (files, map) => tableUnits(() => xptRows(files, map.encoding), map.mapping);
