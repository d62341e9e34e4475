import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Experiment, Tags } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { getDocument, queryDocuments, updateDocument } from '../documents.ts';
import { getProject } from '../project-store.ts';
import { counterAt, experimentAt, experimentNameAt, experimentsOf } from './addresses.ts';

export type NewExperiment = { name: string; artifactLocation?: string; tags: Tags };

/** Every project has it from its own beginning, as every MLflow server. */
export const DEFAULT_EXPERIMENT = '0';
/** So much older than its project that it is the oldest by a client's clock, too, milliseconds. */
const OLDER_BY = 60_000;

/** Where an experiment's artifacts lie that names no other place: behind the project's own address. */
const defaultLocation = (experimentId: string): string => `mlflow-artifacts:/${experimentId}`;

/** Null: the name is taken. Numbers are given out once each and may have gaps. */
export const createExperiment = async (table: string, project: string, wanted: NewExperiment): Promise<Experiment | null> => {
  if (wanted.name === 'Default') await ensureDefault(table, project);
  const { Attributes } = await dynamo().send(
    new UpdateCommand({
      TableName: table,
      Key: counterAt(project),
      UpdateExpression: 'ADD #l :one',
      ExpressionAttributeNames: { '#l': 'last' },
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  return put(table, project, String(Attributes!['last']), wanted);
};

const put = async (table: string, project: string, experimentId: string, { name, artifactLocation, tags }: NewExperiment, now = Date.now()): Promise<Experiment | null> => {
  const experiment: Experiment = {
    experimentId,
    name,
    artifactLocation: artifactLocation || defaultLocation(experimentId),
    lifecycle: 'active',
    createdAt: now,
    updatedAt: now,
    tags,
  };
  const unlessThere = { TableName: table, ConditionExpression: 'attribute_not_exists(pk)' };
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { ...unlessThere, Item: { ...experimentNameAt(project, name), experimentId } } },
          { Put: { ...unlessThere, Item: { ...experimentAt(project, experimentId), ...experiment } } },
        ],
      }),
    );
    return experiment;
  } catch (error) {
    if (error instanceof TransactionCanceledException && error.CancellationReasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')) return null;
    throw error;
  }
};

const ensureDefault = async (table: string, project: string): Promise<Experiment> => {
  const since = Date.parse((await getProject(table, project))?.createdAt ?? new Date().toISOString()) - OLDER_BY;
  const made = await put(table, project, DEFAULT_EXPERIMENT, { name: 'Default', tags: {} }, since);
  return made ?? (await getDocument<Experiment>(table, experimentAt(project, DEFAULT_EXPERIMENT)))!;
};

export const getExperiment = async (table: string, project: string, experimentId: string): Promise<Experiment | null> => {
  const found = await getDocument<Experiment>(table, experimentAt(project, experimentId));
  return found ?? (experimentId === DEFAULT_EXPERIMENT ? ensureDefault(table, project) : null);
};

export const getExperimentByName = async (table: string, project: string, name: string): Promise<Experiment | null> => {
  if (name === 'Default') return getExperiment(table, project, (await idOf(table, project, name)) ?? DEFAULT_EXPERIMENT).then((found) => (found?.name === name ? found : null));
  const experimentId = await idOf(table, project, name);
  return experimentId === null ? null : getExperiment(table, project, experimentId);
};
const idOf = async (table: string, project: string, name: string): Promise<string | null> =>
  (await getDocument<{ experimentId: string }>(table, experimentNameAt(project, name)))?.experimentId ?? null;

export const experimentsMade = (table: string, project: string): Promise<Experiment[]> => queryDocuments(table, experimentsOf(project));

export const listExperiments = async (table: string, project: string): Promise<Experiment[]> => {
  const found = await experimentsMade(table, project);
  return found.some(({ experimentId }) => experimentId === DEFAULT_EXPERIMENT) ? found : [await ensureDefault(table, project), ...found];
};

/** False where it stands in that lifecycle already. */
export const setExperimentLifecycle = (table: string, project: string, experimentId: string, lifecycle: Experiment['lifecycle']): Promise<boolean> =>
  updateDocument(table, experimentAt(project, experimentId), { lifecycle, updatedAt: Date.now() }, { lifecycle: lifecycle === 'active' ? 'deleted' : 'active' });

/** False: the new name is taken, or the experiment has changed its name meanwhile. */
export const renameExperiment = async (table: string, project: string, { experimentId, name }: Experiment, newName: string): Promise<boolean> => {
  try {
    await dynamo().send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName: table, Item: { ...experimentNameAt(project, newName), experimentId }, ConditionExpression: 'attribute_not_exists(pk)' } },
          { Delete: { TableName: table, Key: experimentNameAt(project, name), ConditionExpression: 'experimentId = :id', ExpressionAttributeValues: { ':id': experimentId } } },
          {
            Update: {
              TableName: table,
              Key: experimentAt(project, experimentId),
              UpdateExpression: 'SET #n = :new, updatedAt = :now',
              ConditionExpression: '#n = :old',
              ExpressionAttributeNames: { '#n': 'name' },
              ExpressionAttributeValues: { ':new': newName, ':old': name, ':now': Date.now() },
            },
          },
        ],
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return false;
    throw error;
  }
};

/** Undefined deletes the tag. */
export const setExperimentTag = async (table: string, project: string, experimentId: string, key: string, value: string | undefined): Promise<void> => {
  await dynamo().send(
    new UpdateCommand({
      TableName: table,
      Key: experimentAt(project, experimentId),
      UpdateExpression: value === undefined ? 'REMOVE tags.#k SET updatedAt = :now' : 'SET tags.#k = :v, updatedAt = :now',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: { '#k': key },
      ExpressionAttributeValues: { ':now': Date.now(), ...(value === undefined ? {} : { ':v': value }) },
    }),
  );
};
