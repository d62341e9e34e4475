import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartSvg } from '../../../lambdas/adapters/charts.ts';
import type { GateOutcome } from '../../../lambdas/contracts/run.ts';
import { calibrationByDecile, coverage, predictedVsObserved, subgroupForest } from '../../../lambdas/domain/review/charts.ts';
import { withDecision } from '../../../lambdas/domain/review/decision-notice.ts';
import { type DossierFacts, dossier } from '../../../lambdas/domain/review/dossier.ts';
import { Evaluation } from '../../../lambdas/domain/review/evaluation.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';

const hex = (digit: string) => digit.repeat(64);
const model = requireModel('warfarin');
const gate: GateOutcome = {
  name: 'held-out-dose-error',
  title: 'Dose error',
  measure: 'mae',
  comparison: '<=',
  threshold: 8.8,
  unit: 'mg/week',
  value: 7.98,
  n: 3853,
  interval: [7.7, 8.3],
  outcome: 'pass',
  reason: '',
  evidence: null,
};
const failed: GateOutcome = { ...gate, name: 'other', title: 'Another gate', outcome: 'fail', reason: 'the evaluation did not measure it', value: null, n: null, interval: null };

const measured = {
  measures: [{ name: 'plausibility_inr_rises_with_dose_percent', value: 100, n: 500, interval: null, unit: '%' }],
  metrics: {
    leaveOneSiteOut: { model: { n: 3853, maeMgPerWeek: 7.98, within20Percent: 46.8 }, novel: { n: 3853, maeMgPerWeek: 9, within20Percent: 40 } },
    validation: null,
    external: null,
  },
  ablation: { verdict: 'The neural network adds nothing that these 3853 patients can show.' },
  subgroups: [
    {
      characteristic: 'race',
      level: 'Black',
      n: 318,
      maeMgPerWeek: 13,
      within20Percent: 40.6,
      maeInterval: [11.7, 14.4],
      referenceMaeMgPerWeek: 12.5,
      meanBiasMgPerWeek: -3,
      coverage: 0.88,
    },
  ],
  calibration: {
    intervalLevel: 0.9,
    coverageByLevel: [{ level: 0.5, coverage: 0.49, interval: [0.47, 0.51] }],
    byDecile: [{ n: 385, predictedMean: 20, observedMean: 21, observedMedian: 20 }],
  },
  plots: { predicted_vs_observed: 'plots/predicted_vs_observed.json' },
};
const subject = {
  model: 'warfarin',
  version: 3,
  modelDigest: hex('1'),
  datasetId: `ds_${'2'.repeat(32)}`,
  datasetSha256: hex('3'),
  gatesSha256: hex('4'),
  contextOfUseSha256: hex('5'),
};
const review = {
  reviewId: 'rev_12345678',
  runId: 'run_12345678',
  subject,
  status: 'pending' as const,
  openedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-31T00:00:00.000Z',
};
const none = { predictedVsObserved: null, coverage: null, calibrationByDecile: null, subgroups: null };
const about = (evaluation: unknown, figures: DossierFacts['figures'] = none): DossierFacts => ({
  review,
  model,
  evaluation: Evaluation.parse(evaluation),
  figures,
  version: {
    model: 'warfarin',
    version: 3,
    createdBy: 'a<b',
    createdAt: review.openedAt,
    contextOfUse: model.contexts[0]!,
    gates: [gate, failed],
    runId: review.runId,
    datasetId: subject.datasetId,
    digests: { model: hex('1') },
  } as unknown as DossierFacts['version'],
  run: {
    split: { train: 10, validation: 2, external: 0, how: 'by rule', sites: [{ site: 'site-1', split: 'train', n: 10 }], excluded: [] },
    leakage: [{ check: 'patient-in-two-splits', outcome: 'pass', count: 0, detail: 'none' }],
  } as unknown as DossierFacts['run'],
  dataset: { name: 'trial', datasetId: subject.datasetId, patients: 12, ingests: [] } as unknown as DossierFacts['dataset'],
});

describe('dossier', () => {
  it('holds every gate, every predictor, every group, the verdict of the ablation and all that is signed', () => {
    const text = dossier(about(measured));
    const wanted = [
      model.intendedUse,
      ...model.limitations,
      'Dose error',
      'Another gate',
      'the evaluation did not measure it',
      'novel',
      'race: Black',
      'adds nothing',
      'inr rises with dose percent',
      'site-1',
      'patient in two splits',
      hex('1'),
      hex('3'),
      hex('4'),
      hex('5'),
    ];
    for (const words of wanted) assert.ok(text.includes(words.replaceAll("'", '&#39;')), words);
    assert.match(text, /1 of 2 gates passed, 1 failed\./);
    assert.doesNotMatch(text, /a<b/);
  });

  it('says what the data could not give', () => {
    const text = dossier(about({}));
    for (const words of ['holds no external institution', 'No ablation was measured', 'No subgroup was large enough']) assert.ok(text.includes(words), words);
  });
});

describe('withDecision', () => {
  const page = dossier(about(measured));
  it('shows that a review waits, and until when', () => assert.match(withDecision(page, review), /waits for a clinician<\/span> until 2026-01-31 00:00:00 UTC/));

  it('shows who signed, when and what it means, escaped', () => {
    const statement = {
      subject,
      printedName: 'Ada & Co',
      username: 'ada',
      userSubject: 's',
      roles: ['clinician'],
      meaning: 'I approve $& this',
      decision: 'sign' as const,
      signedAt: '2026-01-02T00:00:00.000Z',
      secondAuthenticationAt: '2026-01-02T00:00:00.000Z',
    };
    const text = withDecision(page, {
      ...review,
      status: 'signed',
      signature: { signatureId: 'sig_1', statement, statementSha256: hex('6'), keyId: 'k', algorithm: 'ECDSA_SHA_256', signature: '' },
    });
    for (const words of ['Ada &amp; Co', 'I approve $&amp; this', '2026-01-02 00:00:00 UTC', hex('6')]) assert.ok(text.includes(words), words);
    assert.equal(text.replace(/<div class="verdict" id="decision">[\s\S]*?<\/dl><\/div>/, '<!--decision-->'), page);
  });
});

describe('charts', () => {
  it('draw what was measured', async () => {
    const { calibration, subgroups } = Evaluation.parse(measured);
    const cells = {
      cellMgPerWeek: 3.5,
      leaveOneSiteOut: [
        { predicted: 20, observed: 22, n: 5 },
        { predicted: 30, observed: 31, n: 2 },
      ],
      external: [{ predicted: 40, observed: 41, n: 1 }],
    };
    const marks = async (svg: Promise<string>, mark: string) => (await svg).match(new RegExp(`aria-roledescription="${mark}"`, 'g'))?.length;
    assert.equal(await marks(chartSvg(predictedVsObserved(cells)), 'circle'), 3);
    assert.equal(await marks(chartSvg(coverage(calibration!)), 'point'), 1);
    assert.equal(await marks(chartSvg(calibrationByDecile(calibration!)), 'point'), 1);
    assert.equal(await marks(chartSvg(subgroupForest(subgroups)), 'point'), 2);
  });
});
