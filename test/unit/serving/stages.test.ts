import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ROLLOUT_STAGES } from '../../../config/catalog/rollout.ts';
import { nextRevision, routingAtEnd, routingOf, routingBefore } from '../../../lambdas/domain/serving/stages.ts';

const rollout = { version: 3, previous: 2 };
const at = '2026-01-01T00:00:00.000Z';

describe('routingOf', () => {
  it('keeps the former version answering until the last stage', () => {
    assert.deepEqual(
      ROLLOUT_STAGES.map(({ name }) => routingOf(name, rollout).production),
      [2, 2, 2, 3],
    );
    assert.deepEqual(
      ROLLOUT_STAGES.map(({ name }) => routingOf(name, rollout).canary),
      [null, { version: 3, share: 0.05 }, { version: 3, share: 0.25 }, null],
    );
  });

  it('evaluates the other version beside the one that answers in every stage', () => {
    assert.deepEqual(
      ROLLOUT_STAGES.map(({ name }) => routingOf(name, rollout).shadow),
      [3, 3, 3, 2],
    );
    assert.equal(routingOf('production', { version: 1, previous: null }).shadow, null);
  });

  it('restores the former version on the way back, also when there was none', () => {
    assert.deepEqual(routingBefore(rollout), { production: 2, canary: null, shadow: null });
    assert.deepEqual(routingBefore({ previous: null }), { production: null, canary: null, shadow: null });
    assert.deepEqual(routingAtEnd(rollout), { production: 3, canary: null, shadow: null });
  });
});

describe('nextRevision', () => {
  it('counts from 0 and names the rollout that holds the deployment', () => {
    assert.deepEqual(nextRevision(null, 'm', routingOf('shadow', rollout), 'rol_00000001', at), {
      model: 'm',
      revision: 0,
      production: 2,
      canary: null,
      shadow: 3,
      rollout: 'rol_00000001',
      updatedAt: at,
    });
  });

  it('is null when the deployment says so already, whatever the time', () => {
    const current = nextRevision(null, 'm', routingOf('canary-5', rollout), 'rol_00000001', at)!;
    assert.equal(nextRevision(current, 'm', routingOf('canary-5', rollout), 'rol_00000001', '2027-01-01T00:00:00.000Z'), null);
    assert.equal(nextRevision(current, 'm', routingOf('canary-25', rollout), 'rol_00000001', at)?.revision, 1);
    assert.equal(nextRevision(current, 'm', routingOf('canary-5', rollout), null, at)?.revision, 1);
  });
});
