import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import ieee from '../../../config/open-mhealth/ieee-1752-schemas.json' with { type: 'json' };
import omh from '../../../config/open-mhealth/omh-schemas.json' with { type: 'json' };
import source from '../../../config/sources/open-mhealth.json' with { type: 'json' };
import { OpenMhealthMap } from '../../../lambdas/domain/lake/formats/open-mhealth/map.ts';
import { readOpenMhealth } from '../../../lambdas/domain/lake/formats/open-mhealth/read.ts';
import { mutate, seeded } from './mutate.ts';
import { fixtureText, read, textFile } from './wearable-units.ts';

const MAP = OpenMhealthMap.parse({ ...source, subject: { header: ['user_id'], bare: { is: 'P-1' } } });
const WORDS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\n',
  '\u0000',
  '1e999',
  '-1',
  'null',
  'true',
  '"unit":"mg/dL"',
  '"2013-02-30T00:00:00Z"',
  '"header":{}',
  '"schema_id":',
  '"__proto__":{"value":1}',
  '1.0',
  '2.0',
  'omh',
  'T24:00:00',
  '+01:00',
];

/** A validator of the reference's own, apart from the reader's: of the measures and the data point that the inputs are made of. */
const reference = (): ((name: string) => ValidateFunction) => {
  const ajv = new Ajv({ strict: false, validateSchema: false });
  (formats as unknown as { default: typeof formats.default }).default(ajv);
  for (const { base, schemas } of [omh, ieee])
    for (const [name, schema] of Object.entries(schemas as Readonly<Record<string, object>>)) ajv.addSchema({ ...schema, $schema: undefined, $id: `${base}${name}.json` });
  for (const [name, target] of Object.entries(omh.latest))
    ajv.addSchema({ ...(omh.schemas as Readonly<Record<string, object>>)[target], $schema: undefined, $id: `${omh.base}${name}.json` });
  return (name) => ajv.getSchema(`${omh.base}${name}.json`)!;
};

const LEAVES = [
  null,
  true,
  -1,
  0,
  1e300,
  72,
  'mg/dL',
  'beats/min',
  'steps',
  '2026-03-02T07:25:00Z',
  '2026-03-02T07:25:00',
  '2026-02-30T07:25:00Z',
  '2026-03-02',
  'average',
  '',
  [],
  {},
  { value: 5, unit: 'min' },
];

/** Lines of the fixture that are valid by their schemas, also where another check leaves them out. */
const VALID_LINES = [1, 2, 5, 9];

type Json = Record<string, unknown>;

/** Another value, one left out or one more, somewhere in a document that stays JSON. */
const changeValue = (document: Json, random: () => number): Json => {
  const below = (limit: number): number => Math.floor(random() * limit);
  const changed = structuredClone(document);
  let at = changed;
  for (let depth = below(4); depth > 0; depth--) {
    const inner = Object.values(at).filter((value): value is Json => typeof value === 'object' && value !== null);
    if (inner.length > 0) at = inner[below(inner.length)]!;
  }
  const keys = Object.keys(at);
  const key = keys.length === 0 ? 'value' : keys[below(keys.length)]!;
  const added = ['date_time', 'start_date_time', 'user_notes', 'descriptive_statistic', 'value'][below(5)]!;
  if (random() < 0.2) delete at[key];
  else at[random() < 0.5 ? added : key] = structuredClone(LEAVES[below(LEAVES.length)]);
  return changed;
};

test('10,000 damaged documents: none is admitted that the reference refuses, none breaks the reader', async () => {
  const random = seeded(1752);
  const accepts = reference();
  const points = fixtureText('open-mhealth/points.ndjson')
    .split('\n')
    .filter((_, index) => VALID_LINES.includes(index + 1))
    .map((line) => JSON.parse(line) as Json & { header: { schema_id: { name: string; version: string } }; body: Json });
  let [admitted, whole] = [0, 0];
  for (let round = 0; round < 10_000; round++) {
    const point = points[round % points.length]!;
    const { name, version } = point.header.schema_id;
    const isBare = random() < 0.5;
    const document = isBare ? point.body : point;
    const bytes = random() < 0.5 ? mutate(Buffer.from(JSON.stringify(document)), WORDS, random) : Buffer.from(JSON.stringify(changeValue(document, random)));
    const outcome = await read(readOpenMhealth, textFile(bytes, { extension: 'json' }), isBare ? { ...MAP, schema: `omh:${name}:${version}` } : MAP);
    for (const finding of Object.values(outcome.left).flat()) assert.match(finding, /^[a-z0-9_.]+ [a-z-]+$|^- [a-z-]+$/i);
    let value: Json;
    try {
      value = JSON.parse(new TextDecoder().decode(bytes).trim());
    } catch {
      continue;
    }
    whole += 1;
    if (outcome.admitted.length === 0) continue;
    admitted += 1;
    if ('header' in value) {
      assert.ok(accepts('data-point-1.0')(value), JSON.stringify(value));
      const { schema_id: id } = value['header'] as { schema_id: { name: string; version: string } };
      assert.ok(accepts(`${id.name}-${id.version}`)(value['body']), JSON.stringify(value));
    } else assert.ok(accepts(`${name}-${version}`)(value), JSON.stringify(value));
  }
  assert.ok(admitted > 1000 && whole - admitted > 1000, `${admitted} admitted of ${whole} that are JSON`);
});

test('2,000 damaged sets of lines: lines that are whole and unchanged are all admitted', async () => {
  const random = seeded(1753);
  const good = fixtureText('open-mhealth/points.ndjson').split('\n')[0]!;
  const another = (id: string) => good.replace(/"id":\s*"[^"]*"/, `"id":"${id}"`);
  for (let round = 0; round < 2000; round++) {
    const damaged = mutate(Buffer.from(good), WORDS, random).toString('latin1').replaceAll('\n', ' ');
    const { admitted } = await read(
      readOpenMhealth,
      textFile([good, damaged, another('third'), another('fourth')].join('\n'), { extension: 'ndjson', chunk: 1 + (round % 700) }),
      MAP,
    );
    for (const line of ['line 1', 'line 3', 'line 4']) assert.ok(admitted.includes(line), JSON.stringify(damaged));
  }
});
