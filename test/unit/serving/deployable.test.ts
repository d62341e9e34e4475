import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stage } from '../../../lambdas/contracts/model-version.ts';
import type { Deployment, Rollout } from '../../../lambdas/contracts/rollout.ts';
import { holdProblem, noOtherRollout, rolloutAllowed } from '../../../lambdas/domain/serving/deployable.ts';
import { contradicts, repeatedIds } from '../../../lambdas/domain/serving/outcomes.ts';

const deployment = (changes: Partial<Deployment> = {}): Deployment => ({
  model: 'm',
  revision: 3,
  production: 1,
  canary: null,
  shadow: null,
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});
const rollout = { rolloutId: 'rol_00000001', model: 'm', version: 2, previous: 1 } as Rollout;

describe('rolloutAllowed', () => {
  it('allows an approved version and no other', () => {
    for (const stage of Stage.options) assert.equal(rolloutAllowed({ model: 'm', version: 1, stage }).ok, stage === 'approved', stage);
  });

  it('says in one line what is missing and where to get it', () => {
    const refusal = rolloutAllowed({ model: 'm', version: 2, stage: 'in-review' });
    assert.ok(!refusal.ok && refusal.problem.status === 409);
    assert.match(refusal.problem.detail, /^m@2 is in-review, allowed: approved; a clinician signs it with POST \/v1\/reviews/);
  });
});

describe('holdProblem', () => {
  it('lets one rollout at a time hold a deployment', () => {
    assert.equal(holdProblem(rollout, deployment()), null);
    assert.equal(holdProblem(rollout, deployment({ rollout: 'rol_00000001', production: 2 })), null);
    assert.match(holdProblem(rollout, deployment({ rollout: 'rol_00000002' }))!, /held by rol_00000002/);
    assert.equal(noOtherRollout('m', null).ok, true);
  });

  it('refuses when production has changed since the rollout was asked for', () => {
    assert.match(holdProblem(rollout, deployment({ production: 4 }))!, /production of m is version 4, and was 1/);
    assert.match(holdProblem({ ...rollout, previous: null }, deployment())!, /is version 1, and was none/);
    assert.equal(holdProblem({ ...rollout, previous: null }, null), null);
  });
});

describe('outcomes', () => {
  const recorded = { predictionId: 'prd_00000001', weeklyDoseMg: 30, inrOnDose: 2.5, model: 'm', version: 1, predictedAt: '', recordedAt: '', recordedBy: '' };

  it('contradict only with another dose or INR', () => {
    assert.equal(contradicts({ predictionId: 'prd_00000001', weeklyDoseMg: 30, inrOnDose: 2.5 }, recorded), false);
    assert.equal(contradicts({ predictionId: 'prd_00000001', weeklyDoseMg: 31, inrOnDose: 2.5 }, recorded), true);
    assert.equal(contradicts({ predictionId: 'prd_00000001', weeklyDoseMg: 30 }, recorded), true);
  });

  it('are named once each', () => {
    assert.deepEqual(repeatedIds(['prd_00000001', 'prd_00000002', 'prd_00000001'].map((predictionId) => ({ predictionId, weeklyDoseMg: 30 }))), ['prd_00000001']);
  });
});
