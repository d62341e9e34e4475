import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { EvaluationDataset } from '../../contracts/evaluation-dataset.ts';
import type { Tags } from '../../contracts/tracking.ts';
import { dynamo } from '../clients.ts';
import { getDocument, queryDocuments } from '../documents.ts';
import { members, updateExpression } from '../update-expression.ts';
import { associationAt, datasetsOfExperiment, evaluationDatasetAt, evaluationDatasetsOf, experimentsOfDataset, recordPlacesOf, recordsOf } from './addresses.ts';
import { batchDelete, batchGet, slices } from './batches.ts';
import { pages } from './pages.ts';
import { MOST_ITEMS, transact } from './transactions.ts';

/** Experiments of one transaction: an item each way, beside the dataset's own. */
const TOGETHER = (MOST_ITEMS - 1) >> 1;

const associations = (table: string, project: string, datasetId: string, experimentIds: readonly string[]) =>
  experimentIds.flatMap((experimentId) =>
    associationAt(project, datasetId, experimentId).map((address) => ({ Put: { TableName: table, Item: { ...address, datasetId, experimentId } } })),
  );

/** Sets members of the dataset's item, only while it is there. */
const changed = (table: string, project: string, datasetId: string, changes: Parameters<typeof updateExpression>[0]) => ({
  Update: { TableName: table, Key: evaluationDatasetAt(project, datasetId), ConditionExpression: 'attribute_exists(pk)', ...updateExpression(changes) },
});

export const createEvaluationDataset = async (table: string, project: string, dataset: EvaluationDataset, experimentIds: readonly string[]): Promise<void> => {
  const { datasetId } = dataset;
  const [first = [], ...more] = slices(experimentIds, TOGETHER);
  const put = { Put: { TableName: table, Item: { ...evaluationDatasetAt(project, datasetId), ...dataset }, ConditionExpression: 'attribute_not_exists(pk)' } };
  if (!(await transact([put, ...associations(table, project, datasetId, first)]))) throw new Error(`the new id ${datasetId} is taken`);
  for (const ids of more) await addToExperiments(table, project, datasetId, ids, dataset.updatedAt);
};

export const getEvaluationDataset = (table: string, project: string, datasetId: string): Promise<EvaluationDataset | null> =>
  getDocument<EvaluationDataset>(table, evaluationDatasetAt(project, datasetId));

export const listEvaluationDatasets = (table: string, project: string): Promise<EvaluationDataset[]> => queryDocuments<EvaluationDataset>(table, evaluationDatasetsOf(project));

/** Those that belong to at least one of the experiments. */
export const listDatasetsOf = async (table: string, project: string, experimentIds: readonly string[]): Promise<EvaluationDataset[]> => {
  const found = await Promise.all(experimentIds.map((experimentId) => queryDocuments<{ datasetId: string }>(table, datasetsOfExperiment(project, experimentId))));
  const ids = new Set(found.flat().map(({ datasetId }) => datasetId));
  const items = await batchGet(
    table,
    [...ids].map((datasetId) => evaluationDatasetAt(project, datasetId)),
  );
  return items as unknown as EvaluationDataset[];
};

export const listExperimentsOf = async (table: string, project: string, datasetId: string): Promise<string[]> =>
  (await queryDocuments<{ experimentId: string }>(table, experimentsOfDataset(project, datasetId))).map(({ experimentId }) => experimentId);

/** False: there is no such dataset. */
export const setDatasetTags = (table: string, project: string, datasetId: string, tags: Tags): Promise<boolean> =>
  transact([changed(table, project, datasetId, members(tags, 'tags'))]);

export const deleteDatasetTag = (table: string, project: string, datasetId: string, key: string): Promise<boolean> =>
  transact([changed(table, project, datasetId, [[['tags', key], undefined]])]);

/** False: there is no such dataset. */
export const addToExperiments = async (table: string, project: string, datasetId: string, experimentIds: readonly string[], now: number): Promise<boolean> => {
  for (const ids of experimentIds.length > 0 ? slices(experimentIds, TOGETHER) : [[]]) {
    if (!(await transact([changed(table, project, datasetId, members({ updatedAt: now })), ...associations(table, project, datasetId, ids)]))) return false;
  }
  return true;
};

/** False: there is no such dataset. Experiments that it does not belong to are left out. */
export const removeFromExperiments = async (table: string, project: string, datasetId: string, experimentIds: readonly string[], now: number): Promise<boolean> => {
  const standing = new Set(await listExperimentsOf(table, project, datasetId));
  for (const ids of slices(
    experimentIds.filter((experimentId) => standing.has(experimentId)),
    TOGETHER,
  )) {
    const deletes = ids.flatMap((experimentId) => associationAt(project, datasetId, experimentId)).map((Key) => ({ Delete: { TableName: table, Key } }));
    if (!(await transact([changed(table, project, datasetId, members({ updatedAt: now })), ...deletes]))) return false;
  }
  return true;
};

/** The dataset goes first: what belongs to it is out of reach then, and goes after it; a deletion that was cut short goes on when it is asked for again. */
export const deleteEvaluationDataset = async (table: string, project: string, datasetId: string): Promise<void> => {
  await dynamo().send(new DeleteCommand({ TableName: table, Key: evaluationDatasetAt(project, datasetId) }));
  const experiments = await listExperimentsOf(table, project, datasetId);
  await batchDelete(
    table,
    experiments.flatMap((experimentId) => associationAt(project, datasetId, experimentId)),
  );
  for (const partition of [recordsOf(project, datasetId), recordPlacesOf(project, datasetId)]) {
    for await (const items of pages(table, partition, { ProjectionExpression: 'pk, sk' })) await batchDelete(table, items as { pk: string; sk: string }[]);
  }
};
