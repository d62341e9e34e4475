import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { settingsOf } from '../../../lambdas/domain/monitoring/settings.ts';
import { computeSignals } from '../../../lambdas/domain/monitoring/signals.ts';
import type { Reference, ReferenceRow } from '../../../lambdas/domain/monitoring/watched.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';
import { VIEW, cohortOf, servedByGenotype } from './cohort.ts';
import { type Random, seeded } from './population.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HOSPITALS = join(ROOT, '../shared/data/iwpc-warfarin/iwpc_16_sites.csv');
const skip = existsSync(HOSPITALS) ? false : 'the hospitals’ file is not in the shared data beside the checkout';

const { monitoring: settings } = settingsOf('warfarin');
const read = new Set([...String(requireModel('warfarin').hyperparameters['features']).split(','), 'target_inr']);

/** What a window of these patients alarms, against a version that learnt from the cohort. */
const watcherOf = (cohort: readonly ReferenceRow[]) => {
  const { reference: rows, intervalLevel, serve } = servedByGenotype(cohort);
  const reference: Reference = { rows, intervalLevel, read };
  return (patients: readonly ReferenceRow[]) =>
    computeSignals(VIEW, settings, reference, serve(patients))
      .signals.filter(({ alarming }) => alarming)
      .map(({ kind, name }) => `${kind}: ${name}`);
};

const drawn = <T>(random: Random, from: readonly T[], n: number): T[] =>
  from
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, n)
    .map(({ value }) => value);

describe('the shipped cohort', async () => {
  const [development, stable, shifted] = await Promise.all(['development', 'stable', 'shifted'].map((name) => cohortOf(join(ROOT, `local/cohort/${name}.csv`))));
  const alarms = watcherOf(development!);

  it('its stable population alarms nobody', () => assert.deepEqual(alarms(stable!), []));

  it('its shifted population alarms for its features', () => {
    const found = alarms(shifted!);
    assert.ok(
      found.some((alarm) => alarm.startsWith('feature: ')),
      found.join(', ') || 'nothing alarms',
    );
  });
});

describe('16 real hospitals', { skip }, async () => {
  const cohort = skip ? [] : await cohortOf(HOSPITALS);
  const alarms = watcherOf(cohort);

  it('a window of 280 of their patients alarms in at most 5 % of windows', () => {
    const random = seeded(280);
    const windows = Array.from({ length: 40 }, () => alarms(drawn(random, cohort, 280)));
    const alarming = windows.filter((found) => found.length > 0);
    assert.ok(alarming.length / windows.length <= 0.05, `${alarming.length} of ${windows.length}: ${alarming.flat().join(', ')}`);
  });

  it('patients of 70 and over of other races than the most common one do alarm', () => {
    const others = cohort.filter(({ features }) => Number(features['age_decade']) >= 7 && features['race'] !== 'White');
    const found = alarms(drawn(seeded(3), others, 280));
    for (const expected of ['feature: age_decade', 'feature: race']) assert.ok(found.includes(expected), `${expected} is not among ${found.join(', ')}`);
  });

  it('a hospital of another continent alarms against the others', () => {
    const asian = cohort.filter(({ features }) => features['race'] === 'Asian');
    const [site] = [...Map.groupBy(asian, ({ site }) => site)].sort((a, b) => b[1].length - a[1].length)[0]!;
    const found = watcherOf(cohort.filter((patient) => patient.site !== site))(cohort.filter((patient) => patient.site === site));
    assert.ok(found.includes('feature: race') && found.includes('feature: vkorc1'), found.join(', '));
  });

  it('genotypes that were given to the wrong patients alarm the clinical route', () => {
    const random = seeded(5);
    const patients = drawn(random, cohort, 280);
    const genotypes = drawn(random, patients, 280).map(({ features }) => features['vkorc1'] ?? null);
    const found = alarms(patients.map((patient, index) => ({ ...patient, features: { ...patient.features, vkorc1: genotypes[index]! } })));
    assert.ok(found.includes('clinical-relevance: dose per VKORC1 allele'), found.join(', '));
  });
});
