import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import shipped from '../../../config/sources/dataset-json.json' with { type: 'json' };
import { DatasetJsonMap } from '../../../lambdas/domain/lake/formats/dataset-json/map.ts';
import { readDatasetJson } from '../../../lambdas/domain/lake/formats/dataset-json/read.ts';
import { mutate, seeded } from './mutate.ts';
import { FIXTURES, memoryFile, readSet } from './table-set.ts';

const map = DatasetJsonMap.parse(shipped);
const WORDS = [
  '"',
  '\\',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '\n',
  'null',
  '"rows":[',
  '"records":',
  '1e999',
  '-0',
  '\u0000',
  '\xff\xfe',
  '\\ud800',
  '2014-02-31',
  '[[[[[[[[',
  '"X"',
  '1.1.0',
];

/** The standard's own schema in what it says of rows and of what must be there (Dataset-JSON 1.1, Top-level Metadata Attributes, Column Metadata). */
const isDataset = new Ajv({ allowUnionTypes: true }).compile({
  type: 'object',
  required: ['datasetJSONCreationDateTime', 'datasetJSONVersion', 'itemGroupOID', 'records', 'name', 'label', 'columns'],
  properties: {
    datasetJSONVersion: { type: 'string', pattern: '^1\\.1(\\.(0|[1-9][0-9]*))?$' },
    records: { type: 'integer', minimum: 0 },
    name: { type: 'string', minLength: 1 },
    columns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['itemOID', 'name', 'label', 'dataType'],
        properties: { dataType: { enum: ['string', 'integer', 'decimal', 'float', 'double', 'boolean', 'datetime', 'date', 'time', 'URI'] } },
      },
    },
    rows: { type: 'array' },
  },
});
const isRow = new Ajv({ allowUnionTypes: true }).compile({ type: 'array', items: { type: ['string', 'number', 'boolean', 'null'] } });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Dataset = { records: number; columns: unknown[]; rows?: unknown[] };

describe('mutated Dataset-JSON', () => {
  for (const [name, runs] of [
    ['dm.json', 3000],
    ['lb.json', 2000],
    ['dm.ndjson', 3000],
    ['lb.ndjson', 2000],
  ] as const) {
    it(`${runs} times ${name}: answers each, and admits nothing that the schema refuses`, async () => {
      const source = readFileSync(join(FIXTURES, 'dataset-json', name));
      const random = seeded(runs + name.length);
      let admitted = 0;
      for (let run = 0; run < runs; run++) {
        const bytes = mutate(source, WORDS, random);
        const [read] = await readSet(readDatasetJson, [inPieces(bytes)], map);
        if (read!.refused || read!.admitted === 0) continue;
        admitted += read!.admitted;
        const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
        const lines = text.split('\n').filter((line) => line.trim() !== '');
        const ndjson = name.endsWith('.ndjson');
        const dataset = parsed(ndjson ? lines[0]! : text) as Dataset;
        const known: boolean = isDataset(dataset);
        assert.ok(known, `run ${run}: ${JSON.stringify(isDataset.errors)}`);
        const rows = ndjson ? lines.slice(1).map(parsed) : (dataset.rows ?? []);
        assert.equal(rows.length, dataset.records);
        const good = rows.filter((row) => isRow(row) && (row as unknown[]).length === dataset.columns.length).length;
        assert.ok(read!.admitted <= good, `run ${run}: ${read!.admitted} admitted, ${good} are rows`);
        assert.equal(read!.admitted + Object.keys(read!.leftOut).length, rows.length);
      }
      assert.ok(admitted > 100, `${admitted} records admitted`);
    });
  }

  it('ends on deep nesting, long strings and endless arrays without growing', async () => {
    const head = readFileSync(join(FIXTURES, 'dataset-json', 'dm.ndjson'), 'utf8')
      .split('\n')[0]!
      .slice(0, -1);
    const refused = async (content: string): Promise<string | undefined> => (await readSet(readDatasetJson, [inPieces(content)], map))[0]!.refused?.refused;
    assert.equal(await refused(`${head},"rows":[${'['.repeat(9_000_000)}`), 'too-large');
    assert.equal(await refused(`${head},"x":"${'a'.repeat(17_000_000)}"}`), 'too-large');
    assert.equal(await refused(`${head},"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)},"rows":[]}`), 'too-large');
    assert.equal(await refused(`${head},"rows":[${'1,'.repeat(50_000)}1]}`), 'malformed');
  });
});

/** In large pieces. */
const inPieces = (content: string | Buffer) => ({
  ...memoryFile(''),
  bytes: content.length,
  open: async function* () {
    const bytes = Buffer.from(content as string);
    for (let at = 0; at < bytes.length; at += 1 << 18) yield bytes.subarray(at, at + (1 << 18));
  },
});
