import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { curate } from '../../../lambdas/adapters/curation.ts';
import { stageFhirLines } from '../../../lambdas/adapters/fhir-staging.ts';
import { withScratch } from '../../../lambdas/adapters/scratch.ts';
import { setFile } from '../../../lambdas/adapters/set-files.ts';
import { stageUnits } from '../../../lambdas/adapters/unit-staging.ts';
import type { FhirSourceMap } from '../../../lambdas/domain/lake/formats/fhir/map.ts';
import { prepareFhir } from '../../../lambdas/domain/lake/formats/fhir/read.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';
import type { StagedSet } from '../../../lambdas/domain/lake/staged-set.ts';
import { REFERRED, RESOURCE, altered, placeCount } from './fhir-bulk-resources.ts';
import { SECRET } from './ingest-file.ts';
import { mutate, seeded } from './mutate.ts';

const map = findSource('fhir-ndjson') as FhirSourceMap;
const PARTITIONS = 1;

/** What a set leaves behind: the curated files by their hashes, what is told of each file, the quarantine. */
const outcomeOf = async (set: StagedSet, folder: string) => {
  const files: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const staged = set.partitions.filter((one) => one.partition === partition).map(({ path }) => path);
    if (staged.length === 0) continue;
    const work = join(folder, `curated-${partition}`);
    mkdirSync(work);
    const shifts = async (people: readonly { personId: number }[]) => new Map(people.map(({ personId }) => [personId, -(personId % 300)]));
    await curate({ staged, earlier: [], folder: work, shifts, oldestYears: 90 }, async ({ table, rows, content }) => {
      files.push(`${partition} ${table} ${rows} ${hash('sha256', content)}`);
    });
  }
  return { files, readings: set.files, sites: set.sites, quarantine: readFileSync(set.quarantine, 'utf8') };
};

type Content = { name: string; bytes: Buffer };

/** The outcome of both ways; `bulk` null: the set was left to the other one. */
const bothWays = (contents: readonly Content[], source: FhirSourceMap = map) =>
  withScratch(async (folder) => {
    const ways = [];
    for (const way of ['bulk', 'alone'] as const) {
      const work = join(folder, way);
      mkdirSync(work);
      const files = contents.map(({ name, bytes }, index) => {
        const path = join(work, name);
        writeFileSync(path, bytes);
        return setFile(index, path, bytes.length, name);
      });
      const staging = { secret: SECRET, namespace: source.namespace, folder: work, partitions: PARTITIONS };
      const set = way === 'bulk' ? await stageFhirLines(files, source, staging) : await stageUnits<FhirSourceMap>({ prepare: prepareFhir }, files, source, staging);
      ways.push(set && (await outcomeOf(set, work)));
    }
    return { bulk: ways[0], alone: ways[1]! };
  });

const linesOf = (resources: readonly unknown[]): Buffer => Buffer.from(`${resources.map((resource) => JSON.stringify(resource)).join('\n')}\n`);
const named = (resources: readonly Record<string, unknown>[]) => resources.map((resource, index) => ({ id: `r${index}`, ...resource }));

const WRONG: readonly unknown[] = [
  '2014-13-01',
  '2014-02-30',
  '2014-05',
  '0000-01-01',
  '',
  'final',
  'Patient/p9',
  '#x',
  'urn:uuid:1',
  -1,
  1e308,
  -0,
  true,
  [],
  {},
  [null],
  { reference: 7 },
  '\u001e',
  'a\u0000b',
  'r1',
];

describe('Bulk Data in bulk is what it is line by line', () => {
  test('resources of every kind', { timeout: 240_000 }, async () => {
    let [admitted, left] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(RESOURCE, { minLength: 150, maxLength: 150 }), async (resources) => {
        const { bulk, alone } = await bothWays([{ name: 'all.ndjson', bytes: linesOf([...named(resources), ...REFERRED]) }]);
        assert.deepEqual(bulk, alone);
        admitted += alone.readings[0]!.admitted;
        left += alone.readings[0]!.quarantinedRecords;
      }),
      { numRuns: 6, endOnFailure: true },
    );
    assert.ok(admitted > left && left > 0, `${admitted} admitted, ${left} left out`);
  });

  test('resources with a member made wrong', { timeout: 240_000 }, async () => {
    const wrong = fc.oneof(fc.constant(undefined), fc.constant(null), fc.jsonValue(), fc.constantFrom<unknown>(...WRONG));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(RESOURCE, fc.nat(60), wrong), { minLength: 150, maxLength: 150 }), async (changes) => {
        const resources = changes.map(([resource, at, to], index) => altered({ id: `r${index}`, ...resource }, at, to));
        const { bulk, alone } = await bothWays([{ name: 'all.ndjson', bytes: linesOf([...REFERRED, ...resources]) }]);
        assert.deepEqual(bulk, alone);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  test('each member made wrong in each way', { timeout: 240_000 }, async () => {
    const originals = fc.sample(RESOURCE, { numRuns: 80, seed: 20_261_121 });
    const resources = originals.flatMap((resource) =>
      Array.from({ length: placeCount({ id: '', ...resource }) }, (_, at) => WRONG.map((to) => altered({ id: '', ...resource }, at, to))).flat(),
    );
    const { bulk, alone } = await bothWays([
      { name: 'all.ndjson', bytes: linesOf([...REFERRED, ...resources.map((resource, index) => (resource['id'] === '' ? { ...resource, id: `r${index}` } : resource))]) },
    ]);
    assert.ok(bulk);
    assert.ok(alone.readings[0]!.read > 20_000);
    assert.deepEqual(bulk, alone);
  });

  test('bytes that are damaged', { timeout: 240_000 }, async () => {
    const random = seeded(20_261_121);
    const words = [
      'null',
      'NaN',
      ',}',
      ', ]',
      '-Infinity',
      '\\u0063',
      '\r\n',
      '"id":"r1",',
      '{}',
      '5',
      '\u00e9',
      '\xff\xfe',
      ' \t',
      '\\ud800',
      '1e400',
      '"value":0.00000012',
      ':nan',
    ];
    let inBulk = 0;
    for (let round = 0; round < 8; round++) {
      const original = linesOf([...named(fc.sample(RESOURCE, { numRuns: 80, seed: round })), ...REFERRED]);
      let bytes = original;
      for (let times = 0; times < 4; times++) bytes = mutate(bytes, words, random);
      const { bulk, alone } = await bothWays([{ name: 'all.ndjson', bytes }]);
      if (!bulk) continue;
      inBulk += 1;
      assert.deepEqual(bulk, alone, `round ${round}`);
    }
    assert.ok(inBulk >= 5, `${inBulk} of 8 damaged files were read in bulk`);
  });

  test('one export in several files: gzip, names with wildcards, the same record twice, files without resources', async () => {
    const resources = named(fc.sample(RESOURCE, { numRuns: 150, seed: 7 }));
    const outcome = { resourceType: 'OperationOutcome', issue: [] };
    const { bulk, alone } = await bothWays([
      { name: 'a[1].ndjson', bytes: linesOf(resources.slice(0, 60)) },
      { name: 'b.ndjson.gz', bytes: gzipSync(linesOf([...resources.slice(40, 100), outcome])) },
      { name: 'errors.ndjson', bytes: linesOf([outcome, outcome]) },
      { name: 'empty.ndjson', bytes: Buffer.alloc(0) },
      { name: 'c.ndjson', bytes: Buffer.concat([linesOf([...REFERRED, ...REFERRED]), Buffer.from('no JSON\n{"resourceType":"Patient","id":"p1","id":"p2"}\r\n\n\n')]) },
      { name: 'd.ndjson', bytes: linesOf(resources.slice(100)) },
    ]);
    assert.ok(bulk);
    assert.deepEqual(bulk, alone);
    assert.deepEqual(
      alone.readings.map(({ refused }) => refused?.reason ?? null),
      [null, null, 'not-this-format', 'empty', null, null],
    );
    assert.ok(alone.readings.some(({ reasons }) => reasons.some(({ reason }) => reason === 'duplicate-record')));
  });

  test('patients by an identifier, and patients elsewhere', async () => {
    const resources = named(fc.sample(RESOURCE, { numRuns: 60, seed: 11 }));
    const patients = REFERRED.filter(({ resourceType }) => resourceType === 'Patient').map((patient, index) =>
      index === 0 ? patient : { ...patient, identifier: [{ system: 'urn:mrn', value: `k${index}` }] },
    );
    const bytes = linesOf([...resources, ...patients]);
    for (const source of [
      { ...map, subject: { identifierSystem: 'urn:mrn' } },
      { ...map, patientsElsewhere: true },
    ]) {
      const { bulk, alone } = await bothWays([{ name: 'all.ndjson', bytes: source.patientsElsewhere ? linesOf(resources) : bytes }], source);
      assert.ok(bulk);
      assert.deepEqual(bulk, alone);
    }
  });

  test('what a lax reader of JSON takes is left out, and a name may be escaped', async () => {
    const good = '"resourceType":"Observation","status":"final","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2014-05-17"';
    const more = ['', ',"note":NaN', ',"note":[1,]', ',', ',"note":-Infinity', ',"note":null', ',"encounter":null', ',"status":"none"', ',"note":"a, \\u006eull, }"'];
    const quantity = [
      '"value\\u0052ange":{},"valueBoolean":true',
      '"valueRange":{},"valueBoolean":true',
      '"\\u0076alueBoolean":true',
      '"component":[{"code":{"coding":[{"code":"y"}]},"valueRange":{}}]',
    ];
    const lines = [...more, ...quantity.map((member) => `,${member}`)].map((members, index) => `{${good},"id":"r${index}"${members}}`);
    const { bulk, alone } = await bothWays([{ name: 'all.ndjson', bytes: Buffer.concat([linesOf(REFERRED), Buffer.from(lines.join('\r\n'))]) }]);
    assert.ok(bulk);
    assert.deepEqual(bulk, alone);
    assert.deepEqual(
      alone.readings[0]!.quarantined.map(({ where }) => Number(where.slice('line '.length)) - REFERRED.length - 1),
      [1, 2, 3, 4, 6, 7, 9, 10, 12],
    );
  });

  test('weights in kilograms and in pounds, glucose by mass and by substance', async () => {
    const measured = (code: string, unit: string) => (_: unknown, index: number) => ({
      resourceType: 'Observation',
      id: `${index}${unit.replaceAll(/[^a-z]/g, '')}`,
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code }] },
      subject: { reference: 'Patient/one' },
      effectiveDateTime: '2014-05-17',
      valueQuantity: { value: 50 + index / 8, unit, system: 'http://unitsofmeasure.org', code: unit },
    });
    const resources = [
      { resourceType: 'Patient', id: 'one', gender: 'female', birthDate: '1950-01-01' },
      ...['kg', '[lb_av]'].flatMap((unit) => Array.from({ length: 50 }, measured('29463-7', unit))),
      ...['mg/dL', 'mmol/L'].flatMap((unit) => Array.from({ length: 50 }, measured('2345-7', unit))),
    ];
    const { bulk, alone } = await bothWays([{ name: 'measured.ndjson', bytes: linesOf(resources) }]);
    assert.equal(alone.readings[0]!.admitted, 201);
    assert.deepEqual(bulk, alone);
  });

  test('an end that is told as nothing', async () => {
    const told = { resourceType: 'Procedure', status: 'completed', subject: { reference: 'Patient/p1' }, code: { text: 'x' } };
    const { bulk, alone } = await bothWays([
      {
        name: 'all.ndjson',
        bytes: linesOf([
          ...REFERRED,
          ...named([
            { ...told, performedPeriod: { start: '2014-05-17', end: '' } },
            { ...told, performedPeriod: { start: '2014-05-17' } },
          ]),
        ]),
      },
    ]);
    assert.deepEqual(bulk, alone);
    assert.deepEqual(alone.readings[0]!.reasons, [{ reason: 'wrong-type', field: 'performedPeriod.end', count: 1 }]);
  });

  test('a line of more than 16 MiB is left out, and nothing beside it', async () => {
    const [long, short] = named([1, 2].map(() => ({ resourceType: 'Basic', subject: { reference: 'Patient/p1' } })));
    const { bulk, alone } = await bothWays([{ name: 'all.ndjson', bytes: linesOf([...REFERRED, { ...long, text: 'x'.repeat(16 * 1024 * 1024) }, short]) }]);
    assert.deepEqual(bulk, alone);
    assert.deepEqual(alone.readings[0]!.reasons, [{ reason: 'malformed-row', field: null, count: 1 }]);
  });

  test('a blank line between others, which the engine passes over, leaves the set to the other way', async () => {
    const { bulk } = await bothWays([{ name: 'all.ndjson', bytes: Buffer.concat([linesOf(REFERRED), Buffer.from('\n'), linesOf(named([{ resourceType: 'Basic' }]))]) }]);
    assert.equal(bulk, null);
  });
});

test('lines keep their places in a file that several threads read', { timeout: 120_000 }, async () => {
  await withScratch(async (folder) => {
    const path = join(folder, 'lines.ndjson');
    const file = openSync(path, 'w');
    const wrong: string[] = [];
    const block: string[] = [];
    const LINES = 220_000;
    for (let line = 1; line <= LINES; line++) {
      const bad = line % 4999 === 0;
      if (bad) wrong.push(`line ${line}`);
      const value = { value: (line % 500) / 10, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' };
      block.push(
        line === 1
          ? '{"resourceType":"Patient","id":"p1","gender":"female"}'
          : JSON.stringify({
              resourceType: 'Observation',
              id: `o${line}`,
              status: bad ? 'done' : 'final',
              code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
              subject: { reference: 'Patient/p1' },
              effectiveDateTime: '2014-05-17T08:30:00+02:00',
              text: { div: 'x'.repeat(200) },
              valueQuantity: value,
            }),
      );
      if (block.length === 1000 || line === LINES) writeSync(file, `${block.splice(0).join('\n')}\n`);
    }
    closeSync(file);
    const staging = { secret: SECRET, namespace: map.namespace, folder, partitions: 1 };
    const set = await stageFhirLines([setFile(0, path, statSync(path).size)], map, staging);
    assert.deepEqual(
      set!.files[0]!.quarantined.map(({ where }) => where),
      wrong,
    );
    assert.deepEqual([set!.files[0]!.admitted, set!.files[0]!.rows], [LINES - wrong.length, { measurement: LINES - 1 - wrong.length, person: 1 }]);
  });
});

const FOLDER = join(import.meta.dirname, '../../../../shared/data/fhir-synthea-r4');
test('Synthea’s patients as an export', { skip: existsSync(FOLDER) ? false : 'the Synthea bundles are not in the shared data beside the checkout', timeout: 120_000 }, async () => {
  const lines: string[] = [];
  for (const name of readdirSync(FOLDER).filter((one) => one.endsWith('.json'))) {
    const { entry } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as { entry: { fullUrl: string; resource: { resourceType: string; id: string } }[] };
    const targets = new Map(entry.map(({ fullUrl, resource }) => [fullUrl, `${resource.resourceType}/${resource.id}`]));
    for (const { resource } of entry) lines.push(JSON.stringify(resource).replace(/urn:uuid:[0-9a-f-]{36}/g, (url) => targets.get(url) ?? url));
  }
  const { bulk, alone } = await bothWays([{ name: 'export.ndjson', bytes: Buffer.from(lines.join('\n')) }]);
  assert.ok(bulk);
  assert.deepEqual(bulk, alone);
});
