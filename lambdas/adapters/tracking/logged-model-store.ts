import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { LoggedModel, Metric } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { getDocument, queryDocuments } from '../documents.ts';
import { members, updateExpression } from '../update-expression.ts';
import { modelAt, modelOf, modelsOf } from './addresses.ts';
import { batchPut } from './batches.ts';

type Document = Omit<LoggedModel, 'metrics'>;
const documentAt = (project: string, experimentId: string, modelId: string) => ({ pk: modelsOf(project, experimentId), sk: modelId });

export const createLoggedModel = async (table: string, project: string, { metrics: _, ...document }: LoggedModel): Promise<void> => {
  await dynamo().send(
    new TransactWriteCommand({
      TransactItems: [
        { Put: { TableName: table, Item: { ...modelAt(project, document.modelId), experimentId: document.experimentId }, ConditionExpression: 'attribute_not_exists(pk)' } },
        { Put: { TableName: table, Item: { ...documentAt(project, document.experimentId, document.modelId), document } } },
      ],
    }),
  );
};

/** A logged model without its metrics. */
const getModelDocument = async (table: string, project: string, modelId: string): Promise<Document | null> => {
  const head = await getDocument<{ experimentId: string }>(table, modelAt(project, modelId));
  return head && ((await getDocument<{ document: Document }>(table, documentAt(project, head.experimentId, modelId)))?.document ?? null);
};

const storedMetric = ({ value, ...metric }: Metric) => ({ ...metric, value: String(value) });
export const withMetrics = async (table: string, project: string, document: Document): Promise<LoggedModel> => {
  const items = await queryDocuments<{ metric: ReturnType<typeof storedMetric> }>(table, modelOf(project, document.modelId), 'METRIC#');
  return { ...document, metrics: items.map(({ metric }) => ({ ...metric, value: Number(metric.value) })) };
};

export const getLoggedModel = async (table: string, project: string, modelId: string): Promise<LoggedModel | null> => {
  const document = await getModelDocument(table, project, modelId);
  return document && withMetrics(table, project, document);
};

/** Every logged model of an experiment, deleted ones too, without metrics. */
export const listLoggedModels = async (table: string, project: string, experimentId: string): Promise<Document[]> =>
  (await queryDocuments<{ document: Document }>(table, modelsOf(project, experimentId))).map(({ document }) => document);

/** A metric of a model: once however often it is logged. */
export const putModelMetrics = (table: string, project: string, metrics: readonly Metric[]): Promise<void> =>
  batchPut(table, [
    ...new Map(
      metrics.map((metric) => {
        const of = [
          metric.key,
          metric.datasetName ?? '',
          metric.datasetDigest ?? '',
          metric.runId ?? '',
          String(metric.step).padStart(20, '0'),
          String(metric.timestamp).padStart(20, '0'),
          metric.value,
        ];
        const address = { pk: modelOf(project, metric.modelId!), sk: `METRIC#${of.join('#')}` };
        return [`${address.pk} ${address.sk}`, { ...address, metric: JSON.parse(JSON.stringify(storedMetric(metric))) as Record<string, unknown> }];
      }),
    ).values(),
  ]);

/** Sets members, or members of a map; `undefined` removes one. False: there is no such model, or nothing to remove. */
export const updateLoggedModel = async (
  table: string,
  project: string,
  model: Pick<LoggedModel, 'modelId' | 'experimentId'>,
  changes: Partial<Pick<LoggedModel, 'status' | 'lifecycle'>>,
): Promise<boolean> => {
  return update(table, project, model, { ConditionExpression: 'attribute_exists(pk)', ...updateExpression(members({ ...changes, updatedAt: Date.now() }, 'document')) });
};

export const setModelEntries = (
  table: string,
  project: string,
  model: Pick<LoggedModel, 'modelId' | 'experimentId'>,
  map: 'params' | 'tags',
  entries: Record<string, string>,
): Promise<boolean> => {
  if (Object.keys(entries).length === 0) return Promise.resolve(true);
  return update(table, project, model, { ConditionExpression: 'attribute_exists(pk)', ...updateExpression(members(entries, 'document', map)) });
};

export const deleteModelTag = (table: string, project: string, model: Pick<LoggedModel, 'modelId' | 'experimentId'>, key: string): Promise<boolean> =>
  update(table, project, model, {
    UpdateExpression: 'REMOVE #d.tags.#k',
    ConditionExpression: 'attribute_exists(#d.tags.#k)',
    ExpressionAttributeNames: { '#d': 'document', '#k': key },
  });

type Update = Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key'>;
const update = async (table: string, project: string, { experimentId, modelId }: Pick<LoggedModel, 'modelId' | 'experimentId'>, change: Update): Promise<boolean> => {
  try {
    await dynamo().send(new UpdateCommand({ TableName: table, Key: documentAt(project, experimentId, modelId), ...change }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};
