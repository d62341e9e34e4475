import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { loadOnnx } from '../../../lambdas/adapters/onnx.ts';
import { predict, predictDose, type Predictor } from '../../../lambdas/adapters/predictor.ts';
import { encodedColumns, FeatureView, type RawFeatures } from '../../../lambdas/domain/features/feature-view.ts';
import { ModelDescription } from '../../../lambdas/domain/prediction/model-description.ts';
import { referencePatient } from '../../../lambdas/domain/prediction/patient.ts';

const graph = (name: string) => loadOnnx(readFileSync(join(import.meta.dirname, 'fixture', `${name}.onnx`)));
const common = { known: 'at-index', from: { rule: 'item', item: 'anything' } };
const view = FeatureView.parse({
  name: 'small',
  version: 1,
  title: 'small',
  items: {},
  label: { name: 'dose', item: 'dose', unit: 'mg/week' },
  observed: [],
  cohort: [],
  features: [
    { ...common, name: 'age_decade', title: 'Age', kind: 'numeric', unit: 'decade', min: 1, max: 9, center: 6, scale: 1 },
    { ...common, name: 'allele', title: 'Allele', kind: 'categorical', levels: ['A', 'B'] },
    { ...common, name: 'smoker', title: 'Smoker', kind: 'binary' },
    { ...common, name: 'target_inr', title: 'Target INR', kind: 'numeric', unit: 'INR', min: 1.5, max: 4, center: 2.5, scale: 0.25, default: 2.5 },
  ],
});
const described = (featuresUsed: string[]) =>
  ModelDescription.parse({
    interval: { level: 0.9 },
    parameters: [
      { name: 'slope', unit: '1/mg' },
      { name: 'base', unit: '1' },
    ],
    featuresUsed,
    view: { columns: encodedColumns(view).map(({ column }) => column) },
    inputs: { 'dose.onnx': ['features', 'target_inr'] },
  });
const predictor = async (featuresUsed = ['age_decade', 'allele', 'smoker']): Promise<Predictor> => ({
  version: undefined as never,
  view,
  description: described(featuresUsed),
  dose: await graph('dose'),
  course: await graph('course'),
});

/** The fixture's graph, by hand (make_graphs.py). */
const dose = ({ age_decade, allele, smoker, target_inr }: RawFeatures) => {
  const age = (age_decade ?? null) === null ? 0 : Number(age_decade) - 6;
  const effect = -0.1 * age + (allele === 'B' ? -0.4 : (allele ?? null) === null ? -0.2 : 0) + (smoker === 1 ? 0.1 : 0);
  return (Math.exp(3.4 + effect) * Number(target_inr ?? 2.5)) / 2.5;
};
const near = (actual: number, expected: number, tolerance = 1e-5) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

const patient = fc.record({
  age_decade: fc.option(fc.integer({ min: 1, max: 9 })),
  allele: fc.constantFrom('A', 'B', null),
  smoker: fc.constantFrom(0, 1, null),
  target_inr: fc.option(fc.double({ min: 1.5, max: 4, noNaN: true })),
});

describe('predict', async () => {
  const ready = await predictor();

  it('answers the graph’s dose, interval, parameters and INR course', async () => {
    const raw = { age_decade: 8, allele: 'B', smoker: 1, target_inr: 3 };
    const expected = dose(raw);
    const found = await predict(ready, raw, [5, 0, 10]);
    near(found.weeklyDoseMg, expected);
    near(found.interval.lowerMgPerWeek, expected / 2);
    near(found.interval.upperMgPerWeek, expected * 2);
    near(found.parameters['slope']!.value, expected / 100);
    assert.equal(found.parameters['base']!.unit, '1');
    assert.deepEqual(
      found.inrCourse.map(({ day, dailyDoseMg }) => [day, dailyDoseMg]),
      [
        [1, 5],
        [2, 0],
        [3, 10],
      ],
    );
    found.inrCourse.forEach(({ dailyDoseMg, inr }) => near(inr, 1 + (dailyDoseMg * expected) / 100));
    assert.deepEqual(found.missing, []);
  });

  it('doses a seventh of the weekly dose for 28 days when none are given', async () => {
    const { inrCourse, weeklyDoseMg } = await predict(ready, {});
    assert.equal(inrCourse.length, 28);
    inrCourse.forEach(({ dailyDoseMg }) => near(dailyDoseMg, weeklyDoseMg / 7));
  });

  it('explains every patient: the contributions sum to the dose less the reference dose', async () => {
    const reference = dose(referencePatient(view));
    await fc.assert(
      fc.asyncProperty(patient, async (raw) => {
        const { weeklyDoseMg, explanation } = await predict(ready, raw);
        near(weeklyDoseMg, dose(raw));
        near(explanation.referenceDoseMgPerWeek, reference);
        near(
          explanation.contributions.reduce((sum, { contributionMgPerWeek }) => sum + contributionMgPerWeek, 0),
          dose(raw) - reference,
          1e-4,
        );
        assert.deepEqual(explanation.contributions.map(({ feature }) => feature).sort(), ['age_decade', 'allele', 'smoker', 'target_inr']);
      }),
      { numRuns: 60 },
    );
  });

  it('gives two features the mean over both orders', async () => {
    const raw = { age_decade: 8, allele: 'B', smoker: 0, target_inr: 2.5 };
    const differing = (by: RawFeatures) => dose({ ...referencePatient(view), ...by });
    const [none, age, allele, both] = [differing({}), differing({ age_decade: 8 }), differing({ allele: 'B' }), differing({ age_decade: 8, allele: 'B' })];
    const { explanation } = await predict(ready, raw);
    const of = (name: string) => explanation.contributions.find(({ feature }) => feature === name)!.contributionMgPerWeek;
    near(of('age_decade'), (age - none + both - allele) / 2, 1e-4);
    near(of('allele'), (allele - none + both - age) / 2, 1e-4);
    assert.equal(of('smoker'), 0);
  });

  it('names what was not given', async () => assert.deepEqual((await predict(ready, { age_decade: 5, smoker: null })).missing, ['allele', 'smoker', 'target_inr']));

  it('explains over everything it is given when the description leaves out a feature that the graph reads', async () => {
    const { explanation, weeklyDoseMg } = await predict(await predictor(['age_decade']), { age_decade: 8, allele: 'B', smoker: 0 });
    near(
      explanation.contributions.reduce((sum, { contributionMgPerWeek }) => sum + contributionMgPerWeek, 0),
      weeklyDoseMg - explanation.referenceDoseMgPerWeek,
      1e-4,
    );
    assert.ok(explanation.contributions.some(({ feature, contributionMgPerWeek }) => feature === 'allele' && contributionMgPerWeek < -1));
  });

  it('fails rather than answer a dose that is no number', async () => {
    await assert.rejects(predict(ready, { age_decade: Number.NaN, allele: 'A', smoker: 0 }), /the model's dose is NaN/);
    await assert.rejects(predictDose(ready, { age_decade: Number.NaN }), /the model's dose is NaN/);
  });
});

describe('predictDose', () => {
  it('is the dose and interval of predict', async () => {
    const ready = await predictor();
    await fc.assert(
      fc.asyncProperty(patient, async (raw) => {
        const [alone, whole] = [await predictDose(ready, raw), await predict(ready, raw)];
        near(alone.weeklyDoseMg, whole.weeklyDoseMg);
        near(alone.interval.upperMgPerWeek, whole.interval.upperMgPerWeek);
      }),
      { numRuns: 20 },
    );
  });
});
