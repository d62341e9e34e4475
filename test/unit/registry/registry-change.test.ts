import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MLFLOW, type MlflowOperation } from '../../../config/catalog/mlflow.ts';
import { RegistryEvent } from '../../../lambdas/contracts/registry-event.ts';
import { rolloutChanged, stageChanged, versionSigned } from '../../../lambdas/domain/registry/own-changes.ts';
import { changeOf } from '../../../lambdas/domain/registry/registry-change.ts';

const GIVEN = { name: 'm', version: '2', alias: 'best', key: 'k', value: 'v', source: 's3://b/k', run_id: 'r', description: '', tags: [{ key: 'a', value: 'b' }] };
const ANSWER = { model_version: { name: 'm', version: '3', current_stage: 'Staging' } };

it('each operation that MLflow tells of is told of in its words, the others are not', () => {
  const told = Object.fromEntries(
    (Object.keys(MLFLOW) as MlflowOperation[]).flatMap((operation) => {
      const change = changeOf(operation, 'p', GIVEN, ANSWER);
      return change ? [[operation, [change.type, change.data]]] : [];
    }),
  );
  assert.deepEqual(told, {
    createRegisteredModel: ['registered_model.created', { name: 'm', tags: { a: 'b' }, description: null }],
    createModelVersion: ['model_version.created', { name: 'm', version: '3', source: 's3://b/k', run_id: 'r', tags: { a: 'b' }, description: null }],
    setModelVersionTag: ['model_version_tag.set', { name: 'm', version: '2', key: 'k', value: 'v' }],
    deleteModelVersionTag: ['model_version_tag.deleted', { name: 'm', version: '2', key: 'k' }],
    setAlias: ['model_version_alias.created', { name: 'm', alias: 'best', version: '2' }],
    deleteAlias: ['model_version_alias.deleted', { name: 'm', alias: 'best' }],
    transitionStage: ['model_version_stage.changed', { name: 'm', version: '2', stage: 'Staging' }],
  });
});

it('prompts are no models', () => {
  const prompt = { ...GIVEN, tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] };
  for (const operation of ['createRegisteredModel', 'createModelVersion'] as const) assert.equal(changeOf(operation, 'p', prompt, ANSWER), null);
});

it('what the platform tells of its own models is what its events hold', () => {
  const rollout = { model: 'warfarin', version: 1, rolloutId: 'rol_12345678' };
  for (const { project, type, data } of [stageChanged('warfarin', 1, 'approved'), versionSigned('warfarin', 1, 'sig_1'), rolloutChanged(rollout, 'canary-5')]) {
    const [entity, action] = type.split('.');
    assert.ok(RegistryEvent.safeParse({ eventId: 'e', project, entity, action, at: '2026-01-01T00:00:00.000Z', data }).success, type);
  }
});
