import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CohortRow } from '../../../lambdas/domain/training/cohort.ts';
import { findLeakage } from '../../../lambdas/domain/training/leakage.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';
import { splitCohort } from '../../../lambdas/domain/training/split.ts';

const { featureView: view } = requireModel('warfarin');

/** Distinct patients of one institution. */
const patients = (site: string, use: CohortRow['use'], count: number, from: number, date: (index: number) => string = () => '2008-01-01'): CohortRow[] =>
  Array.from({ length: count }, (_, index) => ({
    personId: from + index,
    site,
    use,
    indexDate: date(index),
    raw: { age_decade: (index % 8) + 1, height_cm: 150 + ((index * 7.3 + from) % 45), weight_kg: 50 + ((index * 3.7 + from) % 60), target_inr: 2.5 },
    encoded: [],
    label: 20 + ((index * 11 + from) % 40),
    observed: { inr_on_dose: 2.5 },
  }));

const check = (rows: CohortRow[], uses: (row: CohortRow) => string[] = ({ use }) => [use]) => {
  const found = findLeakage(
    view,
    splitCohort(rows).rows.map((row) => ({ ...row, useByFile: uses(row) })),
  );
  return Object.fromEntries(found.map(({ check: name, outcome }) => [name, outcome]));
};

describe('the split', () => {
  it('keeps another institution’s file apart, and trains on all of a source without dates', () => {
    const { rows, how } = splitCohort([...patients('1', 'development', 20, 0), ...patients('9', 'external', 5, 100)]);
    assert.deepEqual([rows.filter(({ split }) => split === 'train').length, rows.filter(({ split }) => split === 'external').length], [20, 5]);
    assert.match(how, /no dates/);
  });

  it('validates on the newest fifth of each institution, and no training patient is newer than a validated one', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ site: fc.constantFrom('1', '2', '3'), day: fc.integer({ min: 10, max: 28 }) }), { minLength: 2, maxLength: 120 }), (drawn) => {
        const cohort = drawn.map(({ site, day }, index) => ({ ...patients(site, 'development', 1, index)[0]!, indexDate: `2020-01-${day}` }));
        const { rows } = splitCohort(cohort);
        assert.equal(new Set(rows.map(({ personId }) => personId)).size, cohort.length);
        for (const site of ['1', '2', '3']) {
          const dates = (split: string) => rows.filter((row) => row.site === site && row.split === split).map(({ indexDate }) => indexDate);
          const [train, validation] = [dates('train'), dates('validation')];
          if (validation.length > 0 && train.length > 0) assert.ok(train.every((date) => validation.every((newer) => date <= newer)));
        }
      }),
    );
  });
});

describe('the leakage guard', () => {
  const clean = [...patients('1', 'development', 60, 0), ...patients('2', 'development', 60, 1000), ...patients('9', 'external', 30, 5000)];

  it('passes a clean cohort', () => assert.ok(Object.values(check(clean)).every((outcome) => outcome === 'pass')));

  it('finds a patient of both files', () => assert.equal(check(clean, (row) => (row.personId === 3 ? ['development', 'external'] : [row.use]))['patient-in-two-splits'], 'fail'));

  it('finds an institution that stands on both sides', () => assert.equal(check([...clean, ...patients('1', 'external', 3, 9000)])['external-institution-in-training'], 'fail'));

  it('finds the same patients under other pseudonyms', () => {
    const copies = clean.slice(0, 12).map((row) => ({ ...row, personId: row.personId + 90_000, site: '9', use: 'external' as const }));
    assert.equal(check([...clean, ...copies])['duplicate-across-splits'], 'fail');
  });

  it('finds a feature that repeats the label', () => {
    const copied = clean.map((row) => ({ ...row, raw: { ...row.raw, weight_kg: row.label } }));
    assert.equal(check(copied)['target-copied-into-feature'], 'fail');
  });

  it('finds a feature that is known only afterwards', () => {
    const late = { ...view, features: view.features.map((feature, index) => (index === 0 ? { ...feature, known: 'after-index' as const } : feature)) };
    const found = findLeakage(
      late,
      splitCohort(clean).rows.map((row) => ({ ...row, useByFile: [row.use] })),
    );
    assert.equal(found.find(({ check: name }) => name === 'feature-after-index-date')?.outcome, 'fail');
  });

  it('finds a feature that is read from what was observed with the label', () => {
    const reads = { ...view, features: view.features.map((feature, index) => (index === 0 ? { ...feature, from: { rule: 'item' as const, item: 'inr_on_dose' } } : feature)) };
    const found = findLeakage(
      reads,
      splitCohort(clean).rows.map((row) => ({ ...row, useByFile: [row.use] })),
    );
    assert.equal(found.find(({ check: name }) => name === 'feature-after-index-date')?.outcome, 'fail');
  });
});
