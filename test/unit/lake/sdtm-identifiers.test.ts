import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import shipped from '../../../config/sources/dataset-json.json' with { type: 'json' };
import { DatasetJsonMap } from '../../../lambdas/domain/lake/formats/dataset-json/map.ts';
import { readDatasetJson } from '../../../lambdas/domain/lake/formats/dataset-json/read.ts';
import { KINDS, type Kind, PLANTED } from './planted/identifiers.ts';
import { datasetJson, sdtmTables } from './planted/sdtm-files.ts';
import { memoryFile, readSet } from './table-set.ts';

const map = DatasetJsonMap.parse(shipped);

/** Told from a coded term by their digits; a name in a column of codes is not. */
const HAS_NUMBER: ReadonlySet<Kind> = new Set([
  'B zip code',
  'C date of birth',
  'D telephone',
  'E fax',
  'F e-mail',
  'G social security',
  'H medical record',
  'I health plan',
  'J account',
  'K licence',
  'L vehicle',
  'N URL',
  'O IP address',
]);

describe('identifiers in SDTM datasets', () => {
  for (const kind of KINDS) {
    it(`${kind}: the records around it are kept, without it; beside a coded term ${HAS_NUMBER.has(kind) ? 'it leaves the record out' : 'it is not told from one'}`, async () => {
      const planted = PLANTED[kind];
      // whether a unit's column takes it is the map's business
      const tables = [
        ...sdtmTables(planted, 1).filter(({ name }) => name !== 'VS'),
        { name: 'MH', rows: [{ STUDYID: 'SYN1', USUBJID: 'SYN1-001', MHSEQ: 2, MHDECOD: `Gout ${planted}`, MHSTDTC: '2009' }] },
      ];
      const read = await readSet(
        readDatasetJson,
        tables.map((table, index) => memoryFile(datasetJson(table), index)),
        map,
      );
      const counts = Object.fromEntries(read.map(({ admitted, leftOut }, index) => [`${index} ${tables[index]!.name}`, [admitted, Object.keys(leftOut).length]]));
      assert.deepEqual(counts, {
        ...{ '0 DM': [1, 0], '1 AE': [1, 1], '2 CM': [1, 0], '3 EX': [1, 0], '4 LB': [1, 1], '5 DS': [1, 0], '6 MH': [1, 0], '7 CO': [0, 0] },
        '8 MH': HAS_NUMBER.has(kind) ? [0, 1] : [1, 0],
      });
      assert.equal(read[7]!.refused?.refused, 'not-kept');
    });
  }
});
