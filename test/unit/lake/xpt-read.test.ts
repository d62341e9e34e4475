import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import shipped from '../../../config/sources/xpt.json' with { type: 'json' };
import { XptMap } from '../../../lambdas/domain/lake/formats/xpt/map.ts';
import { readXpt } from '../../../lambdas/domain/lake/formats/xpt/read.ts';
import { type Draft, type Unit, eachUnit } from '../../../lambdas/domain/lake/reading.ts';
import { memoryFile, xptBytes } from './xpt-bytes.ts';

const read = async (bytes: Buffer): Promise<Unit[]> => {
  const units: Unit[] = [];
  const map = XptMap.parse(shipped);
  const file = memoryFile(bytes, 'xpt');
  const readFile = await readXpt.prepare([file], map);
  for await (const read of readFile([file], map))
    for (const unit of eachUnit(read)) {
      assert.ok(!('refused' in unit), JSON.stringify(unit));
      units.push(unit);
    }
  return units;
};
const draftsOf = (units: Unit[], table: Draft['table']): Draft[] => units.flatMap((unit) => ('drafts' in unit ? unit.drafts : [])).filter((draft) => draft.table === table);

const text = (name: string, bytes: number) => ({ name, type: 'character' as const, bytes });
const number = (name: string) => ({ name, type: 'number' as const });

describe('SAS transport files to OMOP', () => {
  it('makes rows of two datasets, and leaves out one by one what the domain does not allow', async () => {
    const units = await read(
      xptBytes(
        {
          name: 'DM',
          columns: [text('STUDYID', 8), text('DOMAIN', 2), text('USUBJID', 12), text('SITEID', 4), number('AGE'), text('AGEU', 8), text('SEX', 1), text('RFSTDTC', 10)],
          rows: [
            ['SYN4', 'DM', 'SYN4-001', 'S01', 63, 'YEARS', 'F', '2014-05-06'],
            ['SYN4', 'DM', 'SYN4-002', 'S01', 41, 'YEARS', 'X', '2014-05-06'],
          ],
        },
        {
          name: 'VS',
          columns: [text('STUDYID', 8), text('DOMAIN', 2), text('USUBJID', 12), number('VSSEQ'), text('VSTESTCD', 8), text('VSORRES', 8), text('VSORRESU', 8), text('VSDTC', 10)],
          rows: [
            ['SYN4', 'VS', 'SYN4-001', 1, 'WEIGHT', '70.5', 'kg', '2014-05'],
            ['SYN4', 'VS', 'SYN4-001', 2, 'WEIGHT', '70.5', 'cm', '2014-05-06'],
            ['SYN4', 'VS', 'SYN4-001', 3, 'WEIGHT', '70.5', 'kg', '2014-02-31'],
          ],
        },
      ),
    );
    assert.deepEqual(
      units.flatMap((unit) => ('findings' in unit ? [[unit.where, unit.findings]] : [])),
      [
        ['dataset 1 row 2', [{ field: 'SEX', reason: 'unknown-code' }]],
        ['dataset 2 row 2', [{ field: 'VSORRESU', reason: 'wrong-unit' }]],
        ['dataset 2 row 3', [{ field: 'VSDTC', reason: 'unparsable-date' }]],
      ],
    );
    assert.deepEqual(
      draftsOf(units, 'person').map(({ subject, values }) => [subject, (values as Record<string, unknown>)['year_of_birth']]),
      [['SYN4-001', 1951]],
    );
    assert.deepEqual(
      (draftsOf(units, 'measurement') as Draft<'measurement'>[]).map(({ values }) => [values.measurement_date, values.value_as_number]),
      [['2014-05-01', 70.5]],
    );
  });

  it('admits every row of the shared file', async (test) => {
    const path = join(import.meta.dirname, '../../../../shared/data/cdisc/dataset-json/dm.xpt');
    if (!existsSync(path)) return test.skip('no shared data here');
    const units = await read(readFileSync(path));
    assert.equal(units.length, 18);
    assert.ok(units.every((unit) => 'drafts' in unit));
    assert.equal(draftsOf(units, 'person').length, 18);
  });
});
