import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import shipped from '../../../config/sources/dataset-json.json' with { type: 'json' };
import { DatasetJsonMap } from '../../../lambdas/domain/lake/formats/dataset-json/map.ts';
import { readDatasetJson } from '../../../lambdas/domain/lake/formats/dataset-json/read.ts';
import { ArraySplitter } from '../../../lambdas/domain/lake/split-array.ts';
import { countByTable, FIXTURES, memoryFile, type ReadFile, readSet, rowsOf, setOf, told } from './table-set.ts';

const map = DatasetJsonMap.parse(shipped);
const fixture = (name: string): string => join(FIXTURES, 'dataset-json', name);
const SHARED = join(import.meta.dirname, '../../../../shared/data/cdisc/dataset-json');
const shared = existsSync(SHARED) ? {} : { skip: '../shared/data/cdisc is absent' };

const readFiles = (...paths: string[]): Promise<ReadFile[]> => readSet(readDatasetJson, setOf(paths), map);
const readText = async (content: string | Buffer): Promise<ReadFile> => (await readSet(readDatasetJson, [memoryFile(content)], map))[0]!;

const dm = JSON.parse(readFileSync(fixture('dm.json'), 'utf8')) as { columns: Record<string, unknown>[]; rows: unknown[][]; records: number } & Record<string, unknown>;
const withDm = (change: (dataset: typeof dm) => void): string => {
  const dataset = structuredClone(dm);
  change(dataset);
  return JSON.stringify(dataset);
};
const column = (name: string): number => dm.columns.findIndex((each) => each['name'] === name);

describe('Dataset-JSON', () => {
  it('says the same as JSON, as NDJSON and compressed', async () => {
    for (const name of ['dm', 'lb']) {
      const [json] = await readFiles(fixture(`${name}.json`));
      const [ndjson] = await readFiles(fixture(`${name}.ndjson`));
      const [compressed] = await readFiles(fixture(`${name}.dsjc`));
      assert.ok(json!.drafts.length > 0);
      assert.deepEqual(ndjson!.drafts, json!.drafts);
      assert.deepEqual(compressed!.drafts, json!.drafts);
      assert.deepEqual(Object.values(ndjson!.leftOut), Object.values(json!.leftOut));
    }
  });

  it('reads a line of NDJSON for itself', async () => {
    const lines = readFileSync(fixture('dm.ndjson'), 'utf8').split('\n');
    lines[2] = lines[2]!.slice(0, 30);
    const read = await readText(lines.join('\r\n'));
    assert.deepEqual(told(read), {
      'line 3': 'record malformed-row',
      'line 5': 'SEX unknown-code',
      'line 6': 'RFENDTC contradictory-value',
      'line 7': 'RFSTDTC unparsable-date, AGE impossible-value',
    });
    assert.equal(read.admitted, 2);
  });

  it('finds rows of other lengths and values of other types, each by itself', async () => {
    const read = await readText(
      withDm(({ rows }) => {
        rows[0]!.pop();
        rows[1]![column('AGE')] = '77';
        rows[2]![column('RFICDTC')] = 20140305;
        rows[3] = { STUDYID: 'SYN1' } as never;
        rows[4] = 7 as never;
        rows[5]![column('AGE')] = 77.5;
      }),
    );
    assert.deepEqual(told(read), {
      'row 1': 'record wrong-column-count',
      'row 2': 'AGE wrong-type',
      'row 3': 'RFICDTC wrong-type',
      'row 4': 'record malformed-row',
      'row 5': 'record malformed-row',
      'row 6': 'RFSTDTC unparsable-date, AGE wrong-type',
    });
    assert.equal(read.admitted, 0);
  });

  it('reads decimals that are text, also with commas between thousands', async () => {
    const weights = (values: string[]): string =>
      JSON.stringify({
        ...dm,
        name: 'VS',
        itemGroupOID: 'IG.VS',
        records: values.length,
        columns: ['STUDYID', 'USUBJID', 'VSSEQ', 'VSTESTCD', 'VSSTRESN', 'VSSTRESU', 'VSDTC'].map((name) => ({
          itemOID: name,
          name,
          label: name,
          ...(name === 'VSSTRESN' ? { dataType: 'decimal', targetDataType: 'decimal' } : { dataType: name === 'VSSEQ' ? 'integer' : 'string' }),
        })),
        rows: values.map((value, index) => ['SYN1', 'SYN1-001', index, 'WEIGHT', value, 'g', '2014-03-10']),
      });
    const read = await readText(weights(['68,038.9', '70000', '1,23', '.', '']));
    assert.deepEqual(
      rowsOf(read.drafts, 'measurement').map(({ values }) => values.value_as_number),
      [68.0389, 70, null],
    );
    assert.deepEqual(told(read), { 'row 3': 'VSSTRESN unparsable-number', 'row 4': 'VSSTRESN unparsable-number' });
  });

  it('does not mind the order of the attributes', async () => {
    const { rows, columns, ...rest } = dm;
    const read = await readText(JSON.stringify({ rows, ...rest, columns }, null, 2));
    const [usual] = await readFiles(fixture('dm.json'));
    assert.deepEqual(read.drafts, usual!.drafts);
  });

  it('refuses a file that is no whole dataset of 1.1', async () => {
    const whole = JSON.stringify(dm);
    const cases: [string | Buffer, string, RegExp][] = [
      [
        withDm((dataset) => {
          dataset['datasetJSONVersion'] = '1.0.0';
        }),
        'wrong-version',
        /must be 1\.1/,
      ],
      [
        withDm((dataset) => {
          dataset['datasetJSONVersion'] = '1.10';
        }),
        'wrong-version',
        /must be 1\.1/,
      ],
      [
        withDm((dataset) => {
          delete dataset['datasetJSONVersion'];
        }),
        'not-this-format',
        /datasetJSONVersion/,
      ],
      [
        withDm((dataset) => {
          dataset.records = 7;
        }),
        'malformed',
        /records says 7, the file holds 6 rows/,
      ],
      [
        withDm((dataset) => {
          dataset.records = -1;
        }),
        'malformed',
        /^records: /,
      ],
      [
        withDm(({ columns }) => {
          columns[3]!['name'] = 'studyid';
        }),
        'malformed',
        /^columns 4: name must be no other/,
      ],
      [
        withDm(({ columns }) => {
          columns[4]!['itemOID'] = columns[3]!['itemOID'];
        }),
        'malformed',
        /^columns 5: itemOID must be no other/,
      ],
      [
        withDm(({ columns }) => {
          columns[4]!['keySequence'] = 2;
        }),
        'malformed',
        /^columns 5: keySequence must be no other/,
      ],
      [
        withDm(({ columns }) => {
          columns[4]!['dataType'] = 'text';
        }),
        'malformed',
        /^columns 5 dataType: .*"string"/,
      ],
      [
        withDm(({ columns }) => {
          columns[4]!['targetDataType'] = 'decimal';
        }),
        'malformed',
        /^columns 5: targetDataType of date must be integer or absent/,
      ],
      [
        withDm(({ columns }) => {
          delete columns[4]!['label'];
        }),
        'malformed',
        /^columns 5 label: /,
      ],
      [
        withDm((dataset) => {
          dataset['name'] = 'ADAE';
        }),
        'not-kept',
        /DM, AE, MH/,
      ],
      [whole.slice(0, -40), 'malformed', /breaks off/],
      [whole.slice(0, -1), 'malformed', /no JSON/],
      [`${whole}]`, 'malformed', /no JSON/],
      [whole.replace('],["SYN1"', '] ["SYN1"'), 'malformed', /./],
      [whole.replace('"SYN1-001"', '"SYN1-001'), 'malformed', /./],
      [whole.replace('"rows":', '"rows":[],"rows":'), 'malformed', /rows once/],
      [whole.replace('"SYN1-001"', 'NaN'), 'malformed', /row 1 is no JSON/],
      [Buffer.from(whole.replace('Warfarin', 'Warfarín'), 'latin1'), 'malformed', /UTF-8/],
      ['STUDYID,USUBJID\nSYN1,SYN1-001\n', 'not-this-format', /./],
      ['[]', 'not-this-format', /datasetJSONVersion/],
      [Buffer.from([0x48, 0x45, 0x41, 0x44, 0xff, 0x00]), 'not-this-format', /datasetJSONVersion/],
      [withDm((dataset) => Object.assign(dataset, { datasetJSONCreationDateTime: '20260105' })), 'malformed', /^datasetJSONCreationDateTime: must be YYYY/],
      [withDm((dataset) => Object.assign(dataset, { sourceSystem: { name: 'EDC' } })), 'malformed', /^sourceSystem version: /],
      [withDm((dataset) => Object.assign(dataset, { datasetJSONCreationDateTime: '2026-01-05T09' })), 'malformed', /^datasetJSONCreationDateTime: must be YYYY/],
      [withDm((dataset) => Object.assign(dataset, { datasetJSONCreationDateTime: null })), 'malformed', /^datasetJSONCreationDateTime: /],
      [withDm(({ columns }) => Object.assign(columns[0]!, { length: 0 })), 'malformed', /^columns 1 length: /],
      [withDm(({ columns }) => Object.assign(columns[0]!, { dataType: null })), 'malformed', /^columns 1 dataType: /],
    ];
    for (const [content, reason, detail] of cases) {
      const { refused, admitted } = await readText(content);
      assert.equal(refused?.refused, reason, String(content).slice(-120));
      assert.match(refused!.detail, detail);
      assert.ok(!refused!.detail.includes('SYN1'));
      assert.equal(admitted, 0);
    }
  });

  it('takes null of an optional attribute for its absence; a date of creation needs no time', async () => {
    const [usual] = await readFiles(fixture('dm.json'));
    const nothing = (...attributes: string[]) => Object.fromEntries(attributes.map((attribute) => [attribute, null]));
    const read = await readText(
      withDm((dataset) => {
        for (const each of dataset.columns) Object.assign(each, nothing('targetDataType', 'length', 'displayFormat', 'keySequence'));
        Object.assign(dataset, nothing('fileOID', 'dbLastModifiedDateTime', 'originator', 'sourceSystem', 'studyOID', 'metaDataVersionOID', 'metaDataRef'));
        dataset['datasetJSONCreationDateTime'] = '2026-01-05';
      }),
    );
    assert.deepEqual([read.refused, read.drafts], [null, usual!.drafts]);
  });

  it('takes records of a refused file for no doubles of another', async () => {
    const broken = memoryFile(JSON.stringify(dm).replace('"SYN1-006"', 'NaN'), 0);
    const [first, second] = await readSet(readDatasetJson, [broken, memoryFile(JSON.stringify(dm), 1)], map);
    assert.equal(first!.refused?.refused, 'malformed');
    assert.equal(second!.admitted, 3);
  });

  it('splits what JSON.parse would read, wherever the pieces end', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(null),
      fc.constantFrom('"', '\\', ']', '[', '\\"', ',]', '{"rows":['),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(value), { maxLength: 6 }),
        fc.dictionary(fc.string(), value),
        fc.constantFrom(0, 1),
        fc.integer({ min: 1, max: 9 }),
        (rows, rest, indent, piece) => {
          const { rows: _, ...others } = rest;
          const document = { ...others, nested: { rows: [[1]] }, rows, behind: ['rows', [2]] };
          const text = JSON.stringify(document, null, indent);
          const splitter = new ArraySplitter('rows', 1000);
          for (let at = 0; at < text.length; at += piece) splitter.push(text.slice(at, at + piece));
          assert.deepEqual(
            splitter.elements.map((row) => JSON.parse(row)),
            JSON.parse(JSON.stringify(rows)),
          );
          assert.deepEqual(splitter.end(), { ...(JSON.parse(text) as object), rows: [] });
        },
      ),
    );
  });

  it('admits every record of the shared files', shared, async () => {
    const [persons, events] = await readFiles(join(SHARED, 'dm.json'), join(SHARED, 'ae.json'));
    assert.deepEqual(
      [persons!.admitted, countByTable(persons!.drafts), persons!.leftOut],
      [18, { person: 18, care_site: 18, observation_period: 18, observation: 55, death: 3 }, {}],
    );
    assert.deepEqual([events!.admitted, countByTable(events!.drafts), events!.leftOut], [74, { condition_occurrence: 74, observation: 370 }, {}]);
  });

  it('says the same of the shared JSON, NDJSON and a compressed copy', shared, async () => {
    const [json] = await readFiles(join(SHARED, 'dm.json'));
    const [ndjson] = await readFiles(join(SHARED, 'dm.ndjson'));
    assert.deepEqual(ndjson!.drafts, json!.drafts);
    const zlib = deflateSync(readFileSync(join(SHARED, 'dm.ndjson')));
    assert.equal(zlib[0], 0x78);
  });
});
