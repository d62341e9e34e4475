import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Signal } from '../../../lambdas/contracts/monitoring.ts';
import { settingsOf } from '../../../lambdas/domain/monitoring/settings.ts';
import { computeSignals } from '../../../lambdas/domain/monitoring/signals.ts';
import type { WindowRow } from '../../../lambdas/domain/monitoring/watched.ts';
import { VIEW } from './cohort.ts';
import { type Population, referenceOf, seeded, windowOf } from './population.ts';

const { monitoring: settings } = settingsOf('warfarin');
const reference = referenceOf(seeded(1), 2000);
const judged = (window: readonly WindowRow[], against = reference) => computeSignals(VIEW, settings, against, window);
const shifted = (changes: Partial<Population>, n = 280, seed = 7) => judged(windowOf(seeded(seed), n, changes)).signals;
const alarmsOf = (signals: readonly Signal[]) => signals.filter(({ alarming }) => alarming).map(({ kind, name }) => `${kind}: ${name}`);
const signalOf = (signals: readonly Signal[], name: string, statistic: Signal['statistic']) => signals.find((signal) => signal.name === name && signal.statistic === statistic)!;

describe('a stable population', () => {
  for (const n of [120, 280]) {
    it(`of ${n} patients alarms in at most 5 % of windows`, () => {
      const random = seeded(n);
      const windows = Array.from({ length: 60 }, () => alarmsOf(judged(windowOf(random, n)).signals));
      const alarming = windows.filter((found) => found.length > 0);
      assert.ok(alarming.length / windows.length <= 0.05, `${alarming.length} of ${windows.length} windows alarm: ${alarming.flat().join(', ')}`);
    });
  }
});

describe('a shifted population alarms by the kind of its shift', () => {
  it('older patients', () => assert.deepEqual(alarmsOf(shifted({ ageDecade: 7.5 })), ['feature: age_decade']));

  it('another mix of ancestries moves features, not the clinical relation', () => {
    const signals = shifted({
      races: [
        ['Asian', 0.85],
        ['White', 0.15],
      ],
    });
    assert.deepEqual(
      alarmsOf(signals).filter((alarm) => alarm.startsWith('feature')),
      ['feature: race', 'feature: vkorc1'],
    );
    assert.equal(signalOf(signals, 'dose per VKORC1 allele', 'slope').alarming, false);
  });

  it('a field that is no longer sent', () => assert.deepEqual(alarmsOf(shifted({ weightGiven: 0.4 })), ['feature: weight_kg given']));

  it('a gene that no longer does to the dose what it did', () => {
    const signals = shifted({ perAllele: -0.05 });
    assert.ok(alarmsOf(signals).includes('clinical-relevance: dose per VKORC1 allele'), alarmsOf(signals).join(', '));
    const { value, effectSize } = signalOf(signals, 'dose per VKORC1 allele', 'slope');
    assert.ok(Math.abs(value - -0.05) < 0.08 && effectSize! > 0.1, `slope ${value}`);
  });

  it('larger errors, and intervals that no longer hold', () => {
    const found = alarmsOf(shifted({ noise: () => 0.55 }));
    assert.ok(found.includes('error: dose error') && found.includes('calibration: interval coverage'), found.join(', '));
  });

  it('smaller errors are no error drift; intervals that are too wide are wrong, too', () => {
    const found = alarmsOf(shifted({ noise: () => 0.12 }));
    assert.ok(!found.includes('error: dose error') && found.includes('calibration: interval coverage'), found.join(', '));
  });

  it('one group’s errors', () => {
    const found = alarmsOf(shifted({ noise: (race) => (race === 'Asian' ? 0.75 : 0.33) }));
    assert.ok(found.includes('fairness: race Asian'), found.join(', '));
    assert.ok(!found.includes('fairness: race White') && !found.some((alarm) => alarm.startsWith('fairness: sex')), found.join(', '));
  });

  it('other doses', () => assert.ok(alarmsOf(shifted({ bias: 0.4 })).includes('label: observed dose')));

  it('slow answers', () => assert.deepEqual(alarmsOf(shifted({ latencyMs: 600 })), ['latency: latency']));
});

describe('what does not alarm', () => {
  it('a significant difference of no size, in a large window', () => {
    const signals = shifted({ ageDecade: 6.25 }, 6000);
    const age = signalOf(signals, 'age_decade', 'ks');
    assert.ok(age.q! < settings.falseDiscoveryRate.value && age.effectSize! < age.limit!, `q ${age.q}, PSI ${age.effectSize}`);
    assert.deepEqual(alarmsOf(signals), []);
  });

  it('a feature that the version does not read: its drift is told', () => {
    const signals = shifted({ aspirin: 0.9 });
    const aspirin = signalOf(signals, 'aspirin', 'chi-square');
    assert.deepEqual([aspirin.limit, aspirin.q, aspirin.alarming], [null, null, false]);
    assert.ok(aspirin.p! < 1e-9 && aspirin.effectSize! > 0.2);
    const read = judged(windowOf(seeded(7), 280, { aspirin: 0.9 }), { ...reference, read: new Set(['aspirin']) });
    assert.deepEqual(alarmsOf(read.signals), ['feature: aspirin']);
  });

  it('a number that stands at its default, whether it is sent or not', () => {
    const window = windowOf(seeded(9), 200).map((row, i) => ({ ...row, features: { ...row.features, ...(i % 2 ? { target_inr: 2.5 } : {}) } }));
    assert.equal(signalOf(judged(window).signals, 'target_inr', 'ks').p, 1);
  });
});

describe('too little data is told, not judged', () => {
  it('outcomes', () => {
    const window = windowOf(seeded(11), 200, { bias: 1, noise: () => 1 }).map((row, i) => (i < settings.minimum.outcomes - 1 ? row : { ...row, observed: null }));
    const { signals, notJudged } = judged(window);
    assert.deepEqual([...new Set(signals.map(({ kind }) => kind))], ['feature', 'latency']);
    assert.deepEqual(
      notJudged.find(({ name }) => name === 'outcomes')?.reason,
      '49 outcomes in the window; at least 50 are needed for labels, errors, calibration, fairness and clinical relevance',
    );
    assert.ok(
      judged(windowOf(seeded(11), settings.minimum.outcomes, { bias: 1, noise: () => 1 })).signals.some(({ kind, alarming }) => kind === 'error' && alarming),
      'at the minimum it is judged',
    );
  });

  it('groups, and numbers that are hardly ever given', () => {
    const { notJudged } = judged(windowOf(seeded(12), 120, { weightGiven: 0.1 }));
    assert.deepEqual(
      notJudged.map(({ name }) => name),
      ['weight_kg', 'race Asian', 'race Black', 'race Unknown'],
    );
  });

  it('a gene that does not vary', () => {
    const window = windowOf(seeded(13), 120).map((row) => ({ ...row, features: { ...row.features, vkorc1: 'A/A' } }));
    assert.ok(judged(window).notJudged.some(({ name }) => name === 'dose per VKORC1 allele'));
  });

  it('a version without out-of-fold predictions', () => {
    const blind = { ...reference, rows: reference.rows.map((row) => ({ ...row, predicted: null })) };
    const { signals, notJudged } = judged(windowOf(seeded(14), 120), blind);
    assert.ok(!signals.some(({ kind }) => kind === 'error' || kind === 'fairness'));
    assert.ok(notJudged.some(({ name }) => name === 'dose error'));
  });
});

it('q is Benjamini–Hochberg over what may alarm, and never below p', () => {
  const signals = shifted({});
  const family = signals.filter(({ q }) => q !== null);
  assert.ok(family.length > 12);
  for (const { p, q, limit, name } of family) assert.ok(q! >= p! && limit !== null, name);
  for (const { alarming, q, limit, statistic } of signals) if (alarming) assert.ok((q !== null || statistic === 'p95') && limit !== null);
});
