import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChangeFacts, causeOfRetraining, decidePath, retrainingIdOf } from '../../../lambdas/domain/monitoring/change-control.ts';
import { partsStanding, partsMadeBy } from '../../../lambdas/domain/monitoring/fixed-parts.ts';
import { ChangeControlPlan, settingsOf } from '../../../lambdas/domain/monitoring/settings.ts';
import { requireModel } from '../../../lambdas/domain/training/models.ts';
import { RetrainingId } from '../../../lambdas/contracts/ids.ts';
import { decideGates } from '../../../lambdas/domain/training/gates.ts';
import { digestOf } from '../../../lambdas/domain/canonical-json.ts';

const { plan } = settingsOf('warfarin');
const NOW = new Date('2026-03-01T00:00:00Z');
const parts = { contextOfUse: 'c', featureView: 'v', gates: 'g', hyperparameters: 'h' };
const data = { datasetId: 'ds_11111111', patients: 800 };
const facts = (changes: Partial<ChangeFacts> = {}): ChangeFacts => ({
  production: { data, madeBy: parts, standing: parts },
  newest: { datasetId: 'ds_22222222', patients: 900 },
  earlier: [],
  ...changes,
});
const decide = (of: Partial<ChangeFacts> = {}, name = 'drift-features') => decidePath({ name }, plan, facts(of), NOW);
const earlier = (days: number, changes: Partial<ChangeFacts['earlier'][number]> = {}): ChangeFacts['earlier'][number] => ({
  retrainingId: 'ret_33333333',
  createdAt: new Date(NOW.getTime() - days * 86_400_000).toISOString(),
  path: 'inside-plan',
  status: 'candidate',
  ...changes,
});

describe('the change-control plan', () => {
  it('lets a retraining take newer data and nothing else', () => {
    assert.deepEqual(decide(), {
      path: 'inside-plan',
      status: 'training',
      reasons: [
        'triggered by drift-features',
        'dataset version ds_22222222 (900 patients) instead of ds_11111111 (800)',
        'unchanged: contextOfUse, featureView, gates, hyperparameters',
      ],
    });
    assert.equal(decide({ newest: data }).reasons[1], 'the same dataset version ds_11111111');
  });

  for (const part of Object.keys(parts) as (keyof typeof parts)[]) {
    it(`a changed ${part} is for people`, () => {
      assert.deepEqual(decide({ production: { data, madeBy: parts, standing: { ...parts, [part]: 'changed' } } }), {
        path: 'outside-plan',
        status: 'open',
        reasons: [`${part} changed since the version in production was made`],
      });
    });
  }

  it('an alarm that the plan does not name is for people, and so is a model that is not in production', () => {
    assert.deepEqual(decide({ production: null, newest: null }, 'drift-fairness'), {
      path: 'outside-plan',
      status: 'open',
      reasons: ['the plan has no retraining for drift-fairness', 'no version is in production'],
    });
  });

  it('data may not shrink', () => {
    assert.deepEqual(decide({ newest: { datasetId: 'ds_22222222', patients: 799 } }).reasons, ['dataset version ds_22222222 has 799 patients; the plan asks for at least 800']);
    assert.deepEqual(decide({ newest: null }).reasons, ['there is no dataset to train on']);
  });

  it('retrainings are counted over its days; those of people, refused ones and old ones are not', () => {
    const inside = [1, 5, 20, 29].map((days) => earlier(days));
    assert.deepEqual(decide({ earlier: inside }).reasons, ['4 retrainings in 30 days; the plan allows 4']);
    assert.equal(
      decide({ earlier: [...inside.slice(1), earlier(31), earlier(2, { path: 'outside-plan', status: 'open' }), earlier(2, { status: 'refused' })] }).path,
      'inside-plan',
    );
  });

  it('one that is under way is not doubled', () => {
    assert.deepEqual(decide({ earlier: [earlier(0, { status: 'training' })] }), {
      path: 'inside-plan',
      status: 'refused',
      reasons: ['retraining ret_33333333 of the model is under way'],
    });
  });

  it('names alarms and parts that exist', () => {
    assert.ok(!ChangeControlPlan.safeParse({ ...plan, triggers: ['drift-feelings'] }).success);
    assert.ok(!ChangeControlPlan.safeParse({ ...plan, fixed: ['colour'] }).success);
  });
});

describe('of a run’s alarms a retraining answers', () => {
  const alarm = (name: string, severity: 'warning' | 'critical', route: 'ops' | 'data-science' | 'clinical') => ({ name, severity, route });
  const features = alarm('drift-features', 'warning', 'data-science');
  const fairness = alarm('drift-fairness', 'critical', 'clinical');
  const slow = alarm('latency-predictions', 'warning', 'ops');

  it('the gravest that the plan knows, else one that people must answer, never a slow answer', () => {
    assert.equal(causeOfRetraining([slow, fairness, features, alarm('drift-error', 'critical', 'data-science')], plan)?.name, 'drift-error');
    assert.equal(causeOfRetraining([slow, fairness, features], plan)?.name, 'drift-features');
    assert.equal(causeOfRetraining([slow, fairness], plan)?.name, 'drift-fairness');
    assert.equal(causeOfRetraining([slow], plan), undefined);
  });

  it('once: its id is made of the alarm’s', () => {
    assert.equal(retrainingIdOf('alm_1'), retrainingIdOf('alm_1'));
    assert.notEqual(retrainingIdOf('alm_1'), retrainingIdOf('alm_2'));
    assert.ok(RetrainingId.safeParse(retrainingIdOf('alm_1')).success);
  });
});

describe('what made the version, and what would be made now', () => {
  const model = requireModel('warfarin');
  const context = model.contexts[0]!;
  const version = {
    contextOfUse: context,
    gates: decideGates(model.gates, context, []),
    digests: { contextOfUse: digestOf(context), featureView: digestOf(model.featureView), model: '', data: '', gates: '', code: '', environment: '' },
  };
  const run = { hyperparameters: { steps: 300 }, seed: 5 };
  // as the container writes them: lists for text with commas, numbers for text
  const { features, model: _model, ...numbers } = model.hyperparameters;
  const trained = { ...numbers, features: String(features).split(','), steps: 300, seed: 5 };

  it('are the same while nothing is edited', () => assert.deepEqual(partsMadeBy(version, trained, model), partsStanding(version, run, model)));

  it('differ in the edited part alone', () => {
    const differing = (edited: Partial<typeof model>) => {
      const [madeBy, standing] = [partsMadeBy(version, trained, { ...model, ...edited }), partsStanding(version, run, { ...model, ...edited })];
      return (Object.keys(madeBy) as (keyof typeof madeBy)[]).filter((part) => madeBy[part] !== standing[part]);
    };
    assert.deepEqual(differing({ hyperparameters: { ...model.hyperparameters, hidden: 8 } }), ['hyperparameters']);
    assert.deepEqual(differing({ hyperparameters: { ...model.hyperparameters, features: 'age_decade' } }), ['hyperparameters']);
    assert.deepEqual(differing({ featureView: { ...model.featureView, version: 2 } }), ['featureView']);
    assert.deepEqual(differing({ contexts: [{ ...context, statement: 'for everything' }] }), ['contextOfUse']);
    assert.deepEqual(differing({ contexts: [] }), ['contextOfUse']);
    const [loosened, ...others] = model.gates;
    assert.deepEqual(differing({ gates: [{ ...loosened!, threshold: 999 }, ...others] }), ['gates']);
    assert.deepEqual(differing({ gates: others }), ['gates']);
  });
});
