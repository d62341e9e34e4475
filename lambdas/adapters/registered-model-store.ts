import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import type { Stage } from '../contracts/model-version.ts';
import type { MlflowStage, RegisteredModel, RegisteredVersion, RegistryChange, VersionView } from '../contracts/registered-model.ts';
import { mlflowStage } from '../domain/registry/mlflow-stage.ts';
import { dynamo } from './clients.ts';
import { getDocument, queryDocuments } from './documents.ts';
import { isItemFull } from './item-size.ts';
import { members, updateExpression } from './update-expression.ts';
import { type Source, sourceAt } from './version-sources.ts';

/** Models of a project in the table `registry`. A model's versions lie below its key, so that its name may change and, once deleted, be used again. */
const padded = (version: number) => String(version).padStart(8, '0');
export const modelsOf = (project: string) => `P#${project}#MODELS`;
export const modelAddress = (project: string, name: string) => ({ pk: modelsOf(project), sk: name });
export const versionsOf = (project: string, key: string) => `P#${project}#MODEL#${key}`;
export const versionAddress = (project: string, key: string, version: number) => ({ pk: versionsOf(project, key), sk: `VERSION#${padded(version)}` });
const historyOf = (project: string, key: string) => `P#${project}#MODEL-HISTORY#${key}`;
/** In the order of their time; two of the same millisecond both stay. */
const changeItem = (key: string, change: RegistryChange) => ({ pk: historyOf(change.project, key), sk: `${change.at}#${ulid()}`, ...change });
const deletedModels = (project: string) => `P#${project}#DELETED-MODELS`;

const refusedBy = (error: unknown, index = 0): boolean => error instanceof TransactionCanceledException && error.CancellationReasons?.[index]?.Code === 'ConditionalCheckFailed';
const pause = (attempt: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * 25 * Math.min(attempt + 1, 20)));

export const getModel = (table: string, project: string, name: string): Promise<RegisteredModel | null> => getDocument(table, modelAddress(project, name));
export const listModels = (table: string, project: string): Promise<RegisteredModel[]> => queryDocuments(table, modelsOf(project));

/** Null: the name is taken. */
export const createModel = async (table: string, project: string, draft: Pick<RegisteredModel, 'name' | 'description' | 'tags'>): Promise<RegisteredModel | null> => {
  const now = Date.now();
  const model: RegisteredModel = { ...draft, key: ulid(), createdAt: now, updatedAt: now, aliases: {}, last: 0 };
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [{ Put: { TableName: table, Item: { ...modelAddress(project, draft.name), ...model }, ConditionExpression: 'attribute_not_exists(pk)' } }],
      }),
    );
    return model;
  } catch (error) {
    if (refusedBy(error)) return null;
    throw error;
  }
};

type Change = { set?: Record<string, unknown>; entry?: { map: 'tags' | 'aliases'; key: string; value: unknown } };
const updateOf = ({ set = {}, entry }: Change) => updateExpression([...members(set), ...(entry ? ([[[entry.map, entry.key], entry.value]] as const) : [])]);

/** Changes members of a model, or one entry of its tags. Null: there is none. */
export const updateModel = async (table: string, project: string, name: string, change: Change): Promise<RegisteredModel | null> => {
  try {
    const { Attributes } = await dynamo().send(
      new UpdateCommand({ TableName: table, Key: modelAddress(project, name), ConditionExpression: 'attribute_exists(pk)', ReturnValues: 'ALL_NEW', ...updateOf(change) }),
    );
    const { pk: _pk, sk: _sk, ...model } = Attributes!;
    return model as RegisteredModel;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
};

/** Moves the model to its new name, in one step with everything that is called by it. False: the new name is taken. */
export const renameModel = async (table: string, project: string, name: string, newName: string): Promise<RegisteredModel | null> => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const model = await getModel(table, project, name);
    if (!model) return null;
    const renamed = { ...model, name: newName, updatedAt: Date.now() };
    try {
      await dynamo().send(
        new TransactWriteCommand({
          TransactItems: [
            { Put: { TableName: table, Item: { ...modelAddress(project, newName), ...renamed }, ConditionExpression: 'attribute_not_exists(pk)' } },
            {
              Delete: {
                TableName: table,
                Key: modelAddress(project, name),
                ConditionExpression: 'updatedAt = :seen AND #l = :last',
                ExpressionAttributeNames: { '#l': 'last' },
                ExpressionAttributeValues: { ':seen': model.updatedAt, ':last': model.last },
              },
            },
          ],
        }),
      );
      return renamed;
    } catch (error) {
      if (refusedBy(error)) return null;
      if (!(error instanceof TransactionCanceledException) || isItemFull(error)) throw error;
      await pause(attempt);
    }
  }
  throw new Error(`model ${name} was changed 20 times while it was being renamed`);
};

/** A run that a version came from can be deleted again. */
const freeSource = async (table: string, project: string, { key }: RegisteredModel, view: VersionView): Promise<void> => {
  for (const source of sourcesOf(view)) await dynamo().send(new DeleteCommand({ TableName: table, Key: { pk: sourceAt(project, source), sk: `${key}#${padded(view.version)}` } }));
};
const sourcesOf = ({ runId, modelId }: Pick<RegisteredVersion, 'runId' | 'modelId'>): Source[] => [...(runId ? [{ run: runId }] : []), ...(modelId ? [{ model: modelId }] : [])];

/** The name becomes free; what the model was and its history stay. */
export const deleteModel = async (table: string, project: string, model: RegisteredModel, views: readonly VersionView[], by: string): Promise<void> => {
  for (const view of views) await freeSource(table, project, model, view);
  const at = new Date().toISOString();
  await dynamo().send(
    new TransactWriteCommand({
      TransactItems: [
        {
          Delete: {
            TableName: table,
            Key: modelAddress(project, model.name),
            ConditionExpression: '#k = :key',
            ExpressionAttributeNames: { '#k': 'key' },
            ExpressionAttributeValues: { ':key': model.key },
          },
        },
        { Put: { TableName: table, Item: { pk: deletedModels(project), sk: `${at}#${model.key}`, ...model, deletedAt: at, deletedBy: by } } },
        { Put: { TableName: table, Item: changeItem(model.key, { project, model: model.name, version: 0, at, by, change: { kind: 'deleted' } }) } },
      ],
    }),
  );
};

type VersionItem = { registered?: RegisteredVersion; stage?: Stage };
const viewOf = (model: RegisteredModel, { registered, stage }: VersionItem): VersionView | null =>
  registered
    ? {
        ...registered,
        name: model.name,
        aliases: Object.entries(model.aliases).flatMap(([alias, version]) => (version === registered.version ? [alias] : [])),
        ...(stage ? { clinical: stage, stage: mlflowStage(stage) } : {}),
      }
    : null;

/** A model's versions, the newest last; deleted ones are left out. */
export const listVersionViews = async (table: string, project: string, model: RegisteredModel): Promise<VersionView[]> =>
  (await queryDocuments<VersionItem>(table, versionsOf(project, model.key), 'VERSION#')).flatMap((item) => {
    const view = viewOf(model, item);
    return view && !view.deleted ? [view] : [];
  });

export const getVersionView = async (table: string, project: string, model: RegisteredModel, version: number): Promise<VersionView | null> => {
  const item = await getDocument<VersionItem>(table, versionAddress(project, model.key, version));
  const view = item && viewOf(model, item);
  return view && !view.deleted ? view : null;
};

/** A version's number is given to it with its item, in one step: numbers have no gap and none is given twice. */
const REGISTRATION_SECONDS = 20;
export type VersionDraft = Omit<RegisteredVersion, 'version' | 'createdAt' | 'updatedAt' | 'stage' | 'deleted'>;

export const createVersion = async (table: string, project: string, name: string, draft: VersionDraft): Promise<VersionView | null> => {
  const until = Date.now() + REGISTRATION_SECONDS * 1000;
  for (let attempt = 0; Date.now() < until; attempt++) {
    const model = await getModel(table, project, name);
    if (!model) return null;
    const now = Date.now();
    const registered: RegisteredVersion = { ...draft, version: model.last + 1, createdAt: now, updatedAt: now, stage: 'None', deleted: false };
    const entry: RegistryChange = { project, model: name, version: registered.version, at: new Date(now).toISOString(), by: draft.userId, change: { kind: 'registered' } };
    try {
      await dynamo().send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Update: {
                TableName: table,
                Key: modelAddress(project, name),
                UpdateExpression: 'SET #l = :next, updatedAt = :now',
                ConditionExpression: '#l = :last AND #k = :key',
                ExpressionAttributeNames: { '#l': 'last', '#k': 'key' },
                ExpressionAttributeValues: { ':next': registered.version, ':last': model.last, ':key': model.key, ':now': now },
              },
            },
            { Put: { TableName: table, Item: { ...versionAddress(project, model.key, registered.version), registered }, ConditionExpression: 'attribute_not_exists(pk)' } },
            { Put: { TableName: table, Item: changeItem(model.key, entry) } },
            ...sourcesOf(draft).map((source) => ({
              Put: { TableName: table, Item: { pk: sourceAt(project, source), sk: `${model.key}#${padded(registered.version)}`, id: `${name}@${registered.version}` } },
            })),
          ],
        }),
      );
      return viewOf(model, { registered });
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      await pause(attempt);
    }
  }
  throw new Error(`model ${name} got new versions for ${REGISTRATION_SECONDS} s while one waited`);
};

/** Changes members of a version, or one of its tags. */
export const updateVersion = async (
  table: string,
  project: string,
  { key }: RegisteredModel,
  version: number,
  change: { set?: Partial<RegisteredVersion>; entry?: { key: string; value: string | undefined } },
): Promise<void> => {
  const { set = {}, entry } = change;
  await dynamo().send(
    new UpdateCommand({
      TableName: table,
      Key: versionAddress(project, key, version),
      ConditionExpression: 'attribute_exists(pk)',
      ...updateExpression([...members(set, 'registered'), ...(entry ? ([[['registered', 'tags', entry.key], entry.value]] as const) : [])]),
    }),
  );
};

type Move = { version: number; from: MlflowStage; to: MlflowStage };
/** One transaction holds so many moves with their history. */
const MOVES = 45;

/** Moves versions to other stages, each only from where it was seen, with their history; false: one had moved meanwhile. */
export const moveStages = async (table: string, project: string, model: RegisteredModel, moves: readonly Move[], by: string, signatureId?: string): Promise<boolean> => {
  const at = new Date().toISOString();
  try {
    for (let start = 0; start < moves.length; start += MOVES) {
      await dynamo().send(
        new TransactWriteCommand({
          TransactItems: moves.slice(start, start + MOVES).flatMap(({ version, from, to }) => [
            {
              Update: {
                TableName: table,
                Key: versionAddress(project, model.key, version),
                UpdateExpression: 'SET #r.#s = :to, #r.updatedAt = :now',
                ConditionExpression: '#r.#s = :from',
                ExpressionAttributeNames: { '#r': 'registered', '#s': 'stage' },
                ExpressionAttributeValues: { ':to': to, ':from': from, ':now': Date.parse(at) },
              },
            },
            {
              Put: {
                TableName: table,
                Item: changeItem(model.key, { project, model: model.name, version, at, by, change: { kind: 'stage', from, to }, ...(signatureId ? { signatureId } : {}) }),
              },
            },
          ]),
        }),
      );
    }
  } catch (error) {
    if (error instanceof TransactionCanceledException) return false;
    throw error;
  }
  await updateModel(table, project, model.name, { set: { updatedAt: Date.parse(at) } });
  return true;
};

/** Points an alias at a version, or (null) takes it away, with its history. The last of two at once holds; both are in the history. */
export const setAlias = async (table: string, project: string, model: RegisteredModel, alias: string, version: number | null, by: string, signatureId?: string): Promise<void> => {
  const at = new Date().toISOString();
  const before = model.aliases[alias] ?? null;
  if (version === null && before === null) return;
  const change: RegistryChange = {
    project,
    model: model.name,
    version: version ?? before!,
    at,
    by,
    change: version === null ? { kind: 'alias-removed', alias } : { kind: 'alias', alias, from: before },
    ...(signatureId ? { signatureId } : {}),
  };
  const update = updateOf({ set: { updatedAt: Date.parse(at) }, entry: { map: 'aliases', key: alias, value: version ?? undefined } });
  await dynamo().send(
    new TransactWriteCommand({
      TransactItems: [
        { Update: { TableName: table, Key: modelAddress(project, model.name), ConditionExpression: 'attribute_exists(pk)', ...update } },
        { Put: { TableName: table, Item: changeItem(model.key, change) } },
      ],
    }),
  );
};

/** The version is not answered any more, its number is not given again; its source run is free. */
export const deleteVersion = async (table: string, project: string, model: RegisteredModel, view: VersionView, by: string): Promise<void> => {
  for (const alias of view.aliases) await setAlias(table, project, model, alias, null, by);
  const at = new Date().toISOString();
  await updateVersion(table, project, model, view.version, { set: { deleted: true, updatedAt: Date.parse(at) } });
  await dynamo().send(
    new TransactWriteCommand({
      TransactItems: [{ Put: { TableName: table, Item: changeItem(model.key, { project, model: model.name, version: view.version, at, by, change: { kind: 'deleted' } }) } }],
    }),
  );
  await freeSource(table, project, model, view);
  await updateModel(table, project, model.name, { set: { updatedAt: Date.parse(at) } });
};

/** Who was called what, when and by whom, oldest first. */
export const listChanges = (table: string, project: string, key: string): Promise<RegistryChange[]> => queryDocuments(table, historyOf(project, key));

/** The keys that models of this name have had, those of deleted ones first. */
export const keysNamed = async (table: string, project: string, name: string): Promise<string[]> => {
  const gone = await queryDocuments<RegisteredModel>(table, deletedModels(project));
  const standing = await getModel(table, project, name);
  return [...gone.filter((model) => model.name === name).map(({ key }) => key), ...(standing ? [standing.key] : [])];
};
