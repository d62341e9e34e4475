import type { EvaluationDataset, EvaluationRecord } from '../../contracts/evaluation-dataset.ts';

/** As protobuf's JSON has it: tags, schema and profile are JSON in a text; without `experimentIds` the client asks for them when it needs them. */
export const evaluationDatasetAnswer = (dataset: EvaluationDataset, experimentIds?: readonly string[]) => ({
  dataset_id: dataset.datasetId,
  name: dataset.name,
  tags: JSON.stringify(dataset.tags),
  schema: dataset.schema,
  profile: dataset.records > 0 ? JSON.stringify({ num_records: dataset.records }) : undefined,
  digest: dataset.digest,
  created_time: dataset.createdAt,
  last_update_time: dataset.updatedAt,
  created_by: dataset.createdBy,
  last_updated_by: dataset.updatedBy,
  experiment_ids: experimentIds,
});

/** A record as MLflow's `DatasetRecord.to_dict()` has it. */
export const evaluationRecordAnswer = (datasetId: string, record: EvaluationRecord) => {
  const { source } = record;
  return {
    dataset_record_id: record.recordId,
    dataset_id: datasetId,
    inputs: record.inputs,
    outputs: record.outputs ?? undefined,
    expectations: record.expectations ?? undefined,
    tags: record.tags,
    ...(source ? { source, source_id: source.source_data[source.source_type === 'TRACE' ? 'trace_id' : 'source_id'], source_type: source.source_type } : {}),
    created_time: record.createdAt,
    last_update_time: record.updatedAt,
    created_by: record.createdBy,
    last_updated_by: record.updatedBy,
  };
};
