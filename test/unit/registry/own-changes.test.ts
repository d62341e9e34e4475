import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RegistryEvent } from '../../../lambdas/contracts/registry-event.ts';
import { rolloutChanged, stageChanged, versionSigned } from '../../../lambdas/domain/registry/own-changes.ts';

it('what the platform tells of its own models is what its events hold', () => {
  const rollout = { model: 'warfarin', version: 1, rolloutId: 'rol_12345678' };
  for (const { project, type, data } of [stageChanged('warfarin', 1, 'in-review', 'approved'), versionSigned('warfarin', 1, 'sig_1'), rolloutChanged(rollout, 'canary-5')]) {
    const [entity, action] = type.split('.');
    assert.ok(RegistryEvent.safeParse({ eventId: 'e', project, entity, action, at: '2026-01-01T00:00:00.000Z', data }).success, type);
  }
});
