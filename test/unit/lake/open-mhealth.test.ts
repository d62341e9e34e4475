import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import ieee from '../../../config/open-mhealth/ieee-1752-schemas.json' with { type: 'json' };
import omh from '../../../config/open-mhealth/omh-schemas.json' with { type: 'json' };
import source from '../../../config/sources/open-mhealth.json' with { type: 'json' };
import { OpenMhealthMap } from '../../../lambdas/domain/lake/formats/open-mhealth/map.ts';
import { readOpenMhealth } from '../../../lambdas/domain/lake/formats/open-mhealth/read.ts';
import { schemaOfFolders } from '../../../lambdas/domain/lake/formats/open-mhealth/schema-hint.ts';
import { SCHEMAS, violationsOf } from '../../../lambdas/domain/lake/formats/open-mhealth/schemas.ts';
import { fileOnDisk, fixture, fixtureText, read, sharedFolder, textFile, told } from './wearable-units.ts';

const MAP = OpenMhealthMap.parse(source);
const json = (value: unknown) => textFile(JSON.stringify(value), { extension: 'json' });
const FRAME = { effective_time_frame: { date_time: '2026-03-02T07:25:00+01:00' } };
const pulse = (value: number) => ({ heart_rate: { value, unit: 'beats/min' }, ...FRAME });

describe('Open mHealth and IEEE 1752.1 documents', () => {
  test('data points, one per line: the good ones are admitted, each bad one left out by its reason', async () => {
    const { drafts, admitted, left } = await read(readOpenMhealth, fixture('open-mhealth/points.ndjson'), MAP);
    assert.deepEqual(admitted, ['line 1', 'line 2', 'line 5']);
    assert.deepEqual(told(drafts), [
      '8867-4 64 beats/min 2026-03-02T07:25:00',
      '8480-6 121 mmHg 2026-03-02T07:30:00',
      '8462-4 77 mmHg 2026-03-02T07:30:00',
      '29463-7 69.85322498 lb 2026-03-02T07:31:00',
    ]);
    assert.deepEqual(left, {
      'line 3': ['body.effective_time_frame.date_time no-time-zone'],
      'line 4': ['- malformed-row'],
      'line 6': ['header.schema_id unknown-schema'],
      'line 7': ['header missing-key'],
      'line 8': ['body.heart_rate impossible-value'],
      'line 9': ['body.effective_time_frame.time_interval.end_date_time contradictory-value'],
    });
    assert.deepEqual([...new Set(drafts.map(({ subject }) => subject))], ['planted-user-1', 'planted-user-2']);
    assert.deepEqual(
      drafts.map(({ values }) => (values as { measurement_type_concept_id: number }).measurement_type_concept_id),
      [0, 32_865, 32_865, 0],
    );
    assert.doesNotMatch(JSON.stringify(drafts.map(({ values }) => values)), /planted/i);
  });

  test('a data series: each body is a record', async () => {
    const { drafts, admitted, left } = await read(readOpenMhealth, fixture('open-mhealth/sleep-series.json'), MAP);
    assert.deepEqual(admitted, ['document 1 body 1']);
    assert.deepEqual(told(drafts), ['93832-4 7.33333333333333 min 2026-03-02T23:05:00', 'awakenings 3 1 2026-03-02T23:05:00']);
    assert.equal(new Set(drafts.map(({ record }) => record)).size, 1);
    assert.deepEqual(left, { 'document 1 body 2': ['body.total_sleep_time.unit schema-violation'] });
  });

  test('bare bodies: the schema is told from what they hold, units are UCUM, a statistic is no reading', async () => {
    const { drafts, left } = await read(readOpenMhealth, fixture('open-mhealth/bodies.json'), MAP);
    assert.deepEqual(told(drafts), [
      '99504-3 100.88736 mmol/L 2026-03-02T07:25:00',
      '8310-5 37 F 2026-03-02T07:25:00',
      '41950-7 8123 steps 2026-03-02T00:00:00',
      '93832-4 7.5 h 2026-03-02',
      '8867-4 minimum 51 beats/min 2026-03-02T00:00:00',
    ]);
    assert.deepEqual(left, { 'document 6': ['heart_rate.unit schema-violation'], 'document 7': ['- unknown-schema'], 'document 8': ['- malformed-row'] });
    assert.equal(new Set(drafts.map(({ subject }) => subject)).size, 5, 'nobody says that they are of one person');
    const { drafts: ofOne } = await read(readOpenMhealth, fixture('open-mhealth/bodies.json'), { ...MAP, subject: { header: [], bare: { is: 'P-1' } } });
    assert.deepEqual([...new Set(ofOne.map(({ subject }) => subject))], ['P-1']);
    assert.deepEqual((await read(readOpenMhealth, json({}), MAP)).left, { 'document 1': ['- schema-violation'] });
    const { left: refused } = await read(readOpenMhealth, json(pulse(60)), { ...MAP, subject: { header: [], bare: 'refused' } });
    assert.deepEqual(refused, { 'document 1': ['- missing-key'] });
  });

  test('a header of IEEE 1752.1 has no place for a user: without one its document is a person of its own, or as the map says', async () => {
    const point = (uuid: string, more: object = {}) => ({
      header: { uuid, schema_id: { namespace: 'omh', name: 'heart-rate', version: '2.0' }, source_creation_date_time: '2026-03-02T08:00:00Z', modality: 'sensed', ...more },
      body: pulse(60),
    });
    const two = [point('f81d4fae-7dec-11d0-a765-00a0c91e6bf6'), point('f81d4fae-7dec-11d0-a765-00a0c91e6bf7')];
    const subjects = async (documents: object, map = MAP) => [...new Set((await read(readOpenMhealth, json(documents), map)).drafts.map(({ subject }) => subject))];
    assert.equal((await subjects(two)).length, 2);
    assert.deepEqual(await subjects(two, { ...MAP, subject: { ...MAP.subject, bare: { is: 'P-1' } } }), ['P-1']);
    assert.deepEqual(await subjects([point('f81d4fae-7dec-11d0-a765-00a0c91e6bf6', { user_id: 'u-1' })]), ['u-1']);
    const refused = await read(readOpenMhealth, json(two[0]!), { ...MAP, subject: { ...MAP.subject, bare: 'refused' } });
    assert.deepEqual(refused.left, { 'document 1': ['header missing-key'] });
  });

  test('the same data point comes once in a file; one that was left out does not stand in its way', async () => {
    const point = (id: string, value: number | string) => ({
      header: { id, creation_date_time: '2026-03-02T08:00:00Z', schema_id: { namespace: 'omh', name: 'heart-rate', version: '2.0' }, user_id: 'u-1' },
      body: { ...pulse(60), heart_rate: { value, unit: 'beats/min' } },
    });
    const { admitted, left } = await read(readOpenMhealth, json([point('a', 'sixty'), point('a', 60), point('a', 60), point('a', 61), point('b', 60), pulse(60), pulse(60)]), MAP);
    assert.deepEqual(admitted, ['document 2', 'document 5', 'document 6']);
    assert.deepEqual(left, {
      'document 1': ['body.heart_rate.value schema-violation'],
      'document 3': ['- duplicate-record'],
      'document 4': ['- duplicate-record'],
      'document 7': ['- duplicate-record'],
    });
  });

  test('a total that its interval has no room for is impossible, as are hours in place of minutes and mg/dL in place of mmol/L', async () => {
    const night = { effective_time_frame: { time_interval: { start_date_time: '2026-03-01T23:00:00Z', end_date_time: '2026-03-02T07:00:00Z' } } };
    const glucose = (value: number, unit: string) => ({ blood_glucose: { value, unit }, ...FRAME });
    const steps = (value: number) => ({ step_count: { value, unit: 'steps' }, ...night });
    const { admitted, left } = await read(
      readOpenMhealth,
      json([
        { sleep_duration: { value: 8, unit: 'h' }, ...night },
        { sleep_duration: { value: 465, unit: 'h' }, ...night },
        { sleep_duration: { value: 12, unit: 'h' }, ...night },
        steps(20_000),
        steps(250_000),
        glucose(5.5, 'mmol/L'),
        glucose(110, 'mmol/L'),
        glucose(5.5, 'mg/dL'),
        glucose(110, 'mg/dL'),
      ]),
      MAP,
    );
    assert.deepEqual(
      [admitted, left],
      [
        ['document 1', 'document 3', 'document 4', 'document 6', 'document 9'],
        {
          'document 2': ['sleep_duration impossible-value'],
          'document 5': ['step_count impossible-value'],
          'document 7': ['blood_glucose impossible-value'],
          'document 8': ['blood_glucose impossible-value'],
        },
      ],
    );
  });

  test('what follows an array and is no document is told', async () => {
    const { admitted, left } = await read(readOpenMhealth, textFile(`${JSON.stringify([pulse(60)])}, ${JSON.stringify([pulse(61)])}\n`, { extension: 'json' }), MAP);
    assert.deepEqual([admitted, left], [['document 1'], { 'document 2': ['- malformed-row'] }]);
  });

  test('the same documents are made of one document, an array, lines, and any chunks', async () => {
    const documents = [60, 61, 62].map(pulse);
    const texts = [
      JSON.stringify(documents),
      JSON.stringify(documents, null, 2),
      documents.map((each) => JSON.stringify(each)).join('\n'),
      documents.map((each) => JSON.stringify(each, null, 2)).join('\n'),
      `${JSON.stringify(documents.slice(0, 1))}\n${JSON.stringify(documents.slice(1))}`,
      `${JSON.stringify(documents.slice(0, 2))} []\n${JSON.stringify(documents[2])}\n`,
    ];
    for (const text of [...texts.map((each) => Buffer.from(each)), Buffer.from(`\uFEFF${texts[1]!}`, 'utf16le')]) {
      for (const chunk of [1, 7, 4096]) {
        const { drafts } = await read(readOpenMhealth, textFile(text, { extension: 'json', chunk }), MAP);
        assert.deepEqual(
          drafts.map(({ values }) => (values as { value_as_number: number }).value_as_number),
          [60, 61, 62],
        );
      }
    }
  });

  test('a time without a zone is the patient’s clock where the map says so, and nothing else is let through by that', async () => {
    const local: typeof MAP = { ...MAP, timeZone: 'optional' };
    const frame = (time_interval: object) => ({ ...pulse(60), effective_time_frame: { time_interval } });
    const { drafts } = await read(readOpenMhealth, json(frame({ start_date_time: '2026-03-02T07:25:00', end_date_time: '2026-03-02T08:25:00' })), local);
    assert.deepEqual(told(drafts), ['8867-4 60 beats/min 2026-03-02T07:25:00']);
    const { left } = await read(readOpenMhealth, json(frame({ start_date_time: '2026-03-02T07:25:00' })), local);
    assert.deepEqual(left, { 'document 1': ['effective_time_frame.time_interval schema-violation', 'effective_time_frame schema-violation'] });
    const { left: day } = await read(readOpenMhealth, json({ ...pulse(60), effective_time_frame: { date_time: '2026-02-30T07:25:00' } }), local);
    assert.deepEqual(day, { 'document 1': ['effective_time_frame.date_time schema-violation', 'effective_time_frame schema-violation'] });
  });

  test('what the schema does not describe, and so does not check, is not looked at', async () => {
    const body = {
      kcal_burned: { value: 300, unit: 'kcal' },
      activity_name: 'PLANTED walk with Jane',
      effective_time_frame: { time_interval: { start_date_time: '2026-03-02T07:00:00Z', end_date_time: '2026-03-02T08:00:00Z' } },
    };
    const more = { reported_activity_intensity: 'PLANTED', met_value: 4, heart_rate: { value: 80, unit: 'beats/min' }, body_weight: 'PLANTED' };
    const { drafts } = await read(readOpenMhealth, json({ ...body, ...more }), { ...MAP, schema: 'omh:calories-burned:2.0' });
    assert.deepEqual(told(drafts), ['41981-2 300 kcal 2026-03-02T07:00:00', 'physical_activity PT1H  2026-03-02T07:00:00']);
    assert.doesNotMatch(JSON.stringify(drafts), /planted/i);
    const { drafts: old } = await read(readOpenMhealth, json({ sleep_duration: { value: 7, unit: 'h' }, ...FRAME, descriptive_statistic: 'PLANTED' }), {
      ...MAP,
      schema: 'omh:sleep-duration:1.0',
    });
    assert.deepEqual(told(old), ['93832-4 7 h 2026-03-02T07:25:00']);
  });

  test('a broken first line among lines, a broken end of an array, files that are no JSON', async () => {
    const good = JSON.stringify(pulse(60));
    assert.deepEqual((await read(readOpenMhealth, textFile(`{"heart_\n${good}\n`, { extension: 'json' }), MAP)).admitted, ['line 2']);
    const cut = await read(readOpenMhealth, textFile(`[${good},${good.slice(0, 40)}`, { extension: 'json' }), MAP);
    assert.deepEqual([cut.admitted, cut.left], [['document 1'], { 'document 2': ['- malformed-row'] }]);
    assert.equal((await read(readOpenMhealth, textFile('Id,Time\n1,2'), MAP)).refused?.refused, 'not-this-format');
    assert.equal((await read(readOpenMhealth, textFile(' \n'), MAP)).refused?.refused, 'empty');
    const deep = await read(readOpenMhealth, textFile(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, { extension: 'json' }), MAP);
    assert.deepEqual(deep.left, { 'document 1': ['- malformed-row'] });
  });

  test('memory does not grow with the file', async () => {
    const line = (id: number) =>
      `${JSON.stringify({ header: { id: `x${id}`, creation_date_time: '2026-03-02T08:00:00Z', schema_id: { namespace: 'omh', name: 'heart-rate', version: '2.0' }, user_id: 'u' }, body: pulse(60) })}\n`;
    const block = (round: number) => Buffer.from(Array.from({ length: 500 }, (_, at) => line(500 * round + at)).join(''));
    const rounds = 60;
    let peak = 0;
    const file = {
      ...textFile(''),
      extension: 'ndjson',
      open: async function* () {
        for (let round = 0; round < rounds; round++) yield block(round);
      },
    };
    let count = 0;
    const before = process.memoryUsage().heapUsed;
    for await (const unit of readOpenMhealth([file], MAP)) {
      count += 'drafts' in unit ? 1 : 0;
      if (count % 5000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed - before);
    }
    assert.equal(count, 500 * rounds);
    assert.ok(peak < 200 * 2 ** 20, `heap grew by ${Math.round(peak / 2 ** 20)} MiB over ${Math.round((block(0).length * rounds) / 2 ** 20)} MiB`);
  });
});

describe('the shipped schemas', () => {
  test('every one compiles, and none uses a keyword that drafts read differently', () => {
    for (const schema of SCHEMAS) assert.ok(Array.isArray(violationsOf(schema, {})), `${schema.name} ${schema.version}`);
    const keys = new Set<string>();
    JSON.parse(JSON.stringify([omh.schemas, ieee.schemas]), (key, value) => {
      keys.add(key);
      if (/^(exclusiveM|divisibleBy|extends|disallow)/.test(key)) assert.fail(`${key} differs between drafts`);
      if (key === 'required' && value === true) assert.fail('required: true is of draft-03');
      return value;
    });
    assert.ok(keys.has('properties'));
  });

  test('folders name a schema only where it is a shipped one', () => {
    assert.deepEqual(schemaOfFolders('/data/heart-rate/2.0/shouldPass/x.json'), { namespace: 'omh', name: 'heart-rate', version: '2.0' });
    assert.deepEqual(schemaOfFolders('ieee/sleep-episode/1.0/x.json'), { namespace: 'ieee', name: 'sleep-episode', version: '1.0' });
    for (const path of ['/data/jane-planted/2.0/x.json', '/data/heart-rate/9.0/x.json', 'heart-rate.json']) assert.equal(schemaOfFolders(path), null);
  });
});

const folder = sharedFolder('open-mhealth');
describe('Open mHealth’s own documents', { skip: folder === null && '../shared/data/open-mhealth is not there' }, () => {
  const files = folder === null ? [] : (readdirSync(folder, { recursive: true }) as string[]).filter((file) => /should(Pass|Fail).*\.json$/.test(file));

  test('what must pass is admitted, what must fail is left out, by its schema', async () => {
    assert.ok(files.length > 30);
    for (const name of files) {
      const { admitted, left } = await read(readOpenMhealth, fileOnDisk(join(folder!, name)), MAP);
      if (name.includes('shouldPass')) assert.deepEqual([admitted.length, left], [1, {}], name);
      else
        assert.ok(
          Object.values(left)
            .flat()
            .some((finding) => finding.endsWith('schema-violation')),
          name,
        );
    }
  });

  test('without their folders as well, but for one that only version 1.0 of its schema takes', async () => {
    for (const name of files) {
      const { admitted } = await read(readOpenMhealth, textFile(readFileSync(join(folder!, name)), { extension: 'json' }), MAP);
      const expected = name.includes('shouldPass') && name !== join('heart-rate', '1.0', 'shouldPass', 'heart-rate-only.json');
      assert.equal(admitted.length, expected ? 1 : 0, name);
    }
  });

  test('the command dry-runs documents by their folders', () => {
    const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
    const paths = [join('heart-rate', '1.0', 'shouldPass', 'heart-rate-only.json'), join('heart-rate', '2.0', 'shouldFail', 'incorrect-unit.json')].map((name) =>
      join(folder!, name),
    );
    const { files: told } = JSON.parse(execFileSync(process.execPath, [main, 'source', 'check', ...paths, '--source', 'open-mhealth', '--json'], { encoding: 'utf8' }));
    assert.deepEqual(
      told.map(({ admitted, quarantined }: { admitted: number; quarantined: { reason: string }[] }) => [admitted, ...quarantined.map(({ reason }) => reason)]),
      [[1], [0, 'schema-violation']],
    );
  });
});

test('a fixture that holds planted identifiers holds them', () => assert.match(fixtureText('open-mhealth/points.ndjson'), /PLANTED note, call 555-0100/));
