import type { Reader, SetFile } from '../../reading.ts';
import { tableReader } from '../table/table-reader.ts';
import { lookThrough } from './document-set.ts';
import type { OdmMap } from './map.ts';
import { odmRows } from './rows.ts';

/** CDISC ODM documents: each item group a table, the data of one for a subject a record. */
export const readOdm = {
  prepare: async (files: readonly SetFile[], map: OdmMap): Promise<Reader<OdmMap>> => {
    const set = await lookThrough(files, map);
    return tableReader<OdmMap>((chosen, chosenMap, only) => odmRows(chosen, chosenMap, set, only)).prepare(files, map);
  },
};
