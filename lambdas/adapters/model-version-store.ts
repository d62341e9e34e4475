import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { modelVersionId } from '../contracts/ids.ts';
import type { DeprecationChange, ModelVersion, Stage, StageChange } from '../contracts/model-version.ts';
import type { RegisteredModel, RegisteredVersion } from '../contracts/registered-model.ts';
import { dynamo } from './clients.ts';
import { HOME_PROJECT } from '../contracts/project.ts';
import { getDocument, queryDocuments, updateDocument } from './documents.ts';

import { getModel, modelAddress, versionAddress, versionsOf } from './registered-model-store.ts';

const padded = (version: number) => String(version).padStart(8, '0');
const pk = (model: string) => versionsOf(HOME_PROJECT, model);
const address = (model: string, version: number) => versionAddress(HOME_PROJECT, model, version);
const ofRun = (runId: string) => ({ pk: `RUN#${runId}`, sk: 'MODEL-VERSION' });
const deprecationsOf = (model: string) => `DEPRECATIONS#${model}`;
const change = (entry: StageChange) => ({ pk: `HISTORY#${entry.model}`, sk: `${entry.at}#${padded(entry.version)}#${entry.to}`, ...entry });

const conditionFailed = (error: unknown): boolean =>
  error instanceof TransactionCanceledException && (error.CancellationReasons ?? []).some(({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict');

/** A model of this installation as MLflow's clients see it; its key is its name, which its signatures name, too. */
const newModel = (model: string, { updatedAt }: RegisteredVersion): RegisteredModel => ({
  key: model,
  name: model,
  createdAt: updatedAt,
  updatedAt,
  tags: {},
  aliases: {},
  last: 1,
});

/** A version as MLflow's clients see it. `tracked`: the tracked run that it came from. */
const registeredOf = (version: ModelVersion, tracked: string | undefined): RegisteredVersion => {
  const source = version.artifacts.prefix.replace(/\/$/, '');
  const { model, data, gates, code, environment, container } = version.digests;
  return {
    version: version.version,
    createdAt: Date.parse(version.createdAt),
    updatedAt: Date.parse(version.createdAt),
    userId: version.createdBy,
    source,
    location: source,
    ...(tracked ? { runId: tracked } : {}),
    description: version.contextOfUse.statement,
    tags: {
      'proband.run': version.runId,
      'proband.dataset': version.datasetId,
      'proband.digest.model': model,
      'proband.digest.data': data,
      'proband.digest.gates': gates,
      'proband.digest.code': code,
      'proband.digest.environment': environment,
      ...(container ? { 'proband.digest.container': container } : {}),
    },
    stage: 'None',
    deleted: false,
  };
};

/**
 * Registers a version under the model's next number: the counter, the version, its first history entry and the run's link are one
 * transaction, so that numbers have no gap, and a run makes one version however often it asks. Answers the version that stands.
 */
export const registerVersion = async (table: string, draft: Omit<ModelVersion, 'version'>, tracked?: string): Promise<ModelVersion> => {
  for (let attempt = 0; attempt < 50; attempt++) {
    const link = await getDocument<{ version: number }>(table, ofRun(draft.runId));
    if (link) return (await getVersion(table, draft.model, link.version))!;
    const standing = await getModel(table, HOME_PROJECT, draft.model);
    const last = standing?.last ?? 0;
    const version: ModelVersion = { ...draft, version: last + 1 };
    const registered = registeredOf(version, tracked);
    const first: StageChange = {
      model: draft.model,
      version: version.version,
      from: null,
      to: draft.stage,
      at: draft.createdAt,
      by: draft.createdBy,
      reason: `registered from ${draft.runId}`,
    };
    try {
      await dynamo().send(
        new TransactWriteCommand({
          TransactItems: [
            standing
              ? {
                  Update: {
                    TableName: table,
                    Key: modelAddress(HOME_PROJECT, draft.model),
                    UpdateExpression: 'SET #l = :next, updatedAt = :now',
                    ConditionExpression: '#l = :last AND #k = :key',
                    ExpressionAttributeNames: { '#l': 'last', '#k': 'key' },
                    ExpressionAttributeValues: { ':next': last + 1, ':last': last, ':key': draft.model, ':now': registered.updatedAt },
                  },
                }
              : {
                  Put: {
                    TableName: table,
                    Item: { ...modelAddress(HOME_PROJECT, draft.model), ...newModel(draft.model, registered) },
                    ConditionExpression: 'attribute_not_exists(pk)',
                  },
                },
            { Put: { TableName: table, Item: { ...address(draft.model, version.version), ...version, registered }, ConditionExpression: 'attribute_not_exists(pk)' } },
            { Put: { TableName: table, Item: { ...ofRun(draft.runId), version: version.version }, ConditionExpression: 'attribute_not_exists(pk)' } },
            { Put: { TableName: table, Item: change(first), ConditionExpression: 'attribute_not_exists(pk)' } },
          ],
        }),
      );
      return version;
    } catch (error) {
      if (!conditionFailed(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20 * (attempt + 1)));
    }
  }
  throw new Error(`model ${draft.model} was registered 50 times while ${draft.runId} waited`);
};

type Item = Partial<ModelVersion> & { registered?: RegisteredVersion };
/** A version that clients of MLflow registered beside ours has no run, no gates and no stage of this life: it is none of these. */
const clinical = ({ registered: _, ...version }: Item): ModelVersion[] => (version.stage === undefined ? [] : [version as ModelVersion]);

export const getVersion = async (table: string, model: string, version: number): Promise<ModelVersion | null> => {
  const item = await getDocument<Item>(table, address(model, version));
  return (item && clinical(item)[0]) ?? null;
};

/** A version that a state works on must be there; anything else is a fault. */
export const requireVersion = async (table: string, model: string, version: number): Promise<ModelVersion> => {
  const found = await getVersion(table, model, version);
  if (!found) throw new Error(`no model version ${modelVersionId(model, version)}`);
  return found;
};

export const listVersions = async (table: string, model: string, limit: number): Promise<ModelVersion[]> =>
  (await queryDocuments<Item>(table, pk(model), 'VERSION#', { newestFirst: true, limit })).flatMap(clinical);

/** Every stage change there ever was, oldest first. */
export const listStageChanges = (table: string, model: string): Promise<StageChange[]> => queryDocuments(table, `HISTORY#${model}`);

/** Notes members beside the version (its card); digests and artifacts never change. */
export const noteVersion = (table: string, model: string, version: number, changes: Pick<ModelVersion, 'card'>): Promise<boolean> =>
  updateDocument(table, address(model, version), changes);

/** Every deprecation and each that was taken back, oldest first. */
export const listDeprecations = (table: string, model: string): Promise<DeprecationChange[]> => queryDocuments(table, deprecationsOf(model));

const DEPRECATED_TAG = 'proband.deprecated';
/**
 * Deprecates a version, or takes that back, only where its deprecation is still the one that the caller saw; appends the change to the
 * history in the same transaction. MLflow's clients see the reason as a tag. False: somebody else was faster.
 */
export const changeDeprecation = async (table: string, model: string, seen: ModelVersion, { deprecated, version, ...terms }: DeprecationChange): Promise<boolean> => {
  const names = { '#tags': 'tags', '#tag': DEPRECATED_TAG };
  const standing = seen.deprecation ? 'deprecation.#at = :seen' : 'attribute_not_exists(deprecation)';
  const values = { ':now': Date.parse(terms.at), ...(seen.deprecation ? { ':seen': seen.deprecation.at } : {}) };
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Update: {
              TableName: table,
              Key: address(model, version),
              UpdateExpression: deprecated
                ? 'SET deprecation = :terms, registered.#tags.#tag = :reason, registered.updatedAt = :now'
                : 'SET registered.updatedAt = :now REMOVE deprecation, registered.#tags.#tag',
              ConditionExpression: `attribute_exists(pk) AND ${standing}`,
              ExpressionAttributeNames: { ...names, ...(seen.deprecation ? { '#at': 'at' } : {}) },
              ExpressionAttributeValues: { ...values, ...(deprecated ? { ':terms': terms, ':reason': terms.reason } : {}) },
            },
          },
          {
            Put: {
              TableName: table,
              Item: { pk: deprecationsOf(model), sk: `${terms.at}#${padded(version)}`, version, deprecated, ...terms },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      }),
    );
    return true;
  } catch (error) {
    if (conditionFailed(error)) return false;
    throw error;
  }
};

/**
 * Moves a version to another stage, only from the stage that the caller saw, and appends the change to the history, in one transaction.
 * False: the version was elsewhere. Moving to the stage it stands in already, by the same actor and reason, is the same change: true.
 */
export const changeStage = async (
  table: string,
  move: { model: string; version: number; from: Stage; to: Stage; by: string; reason: string; signatureId?: string },
): Promise<boolean> => {
  const entry: StageChange = { ...move, at: new Date().toISOString() };
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Update: {
              TableName: table,
              Key: address(move.model, move.version),
              UpdateExpression: 'SET #s = :to, registered.updatedAt = :now',
              ConditionExpression: '#s = :from',
              ExpressionAttributeNames: { '#s': 'stage' },
              ExpressionAttributeValues: { ':to': move.to, ':from': move.from, ':now': Date.parse(entry.at) },
            },
          },
          { Put: { TableName: table, Item: change(entry), ConditionExpression: 'attribute_not_exists(pk)' } },
        ],
      }),
    );
    return true;
  } catch (error) {
    if (!conditionFailed(error)) throw error;
    const standing = await getVersion(table, move.model, move.version);
    if (standing?.stage !== move.to) return false;
    const last = (await listStageChanges(table, move.model)).filter(({ version }) => version === move.version).at(-1);
    return last?.to === move.to && last.by === move.by && last.reason === move.reason;
  }
};
