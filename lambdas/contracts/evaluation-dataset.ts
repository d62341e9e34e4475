import type { Tags } from './tracking.ts';

/** MLflow's evaluation dataset: what generative models are evaluated on. Times are milliseconds since 1970-01-01 UTC. */
export type EvaluationDataset = {
  datasetId: string;
  name: string;
  /** of the name and the time of the last change */
  digest: string;
  createdAt: number;
  updatedAt: number;
  createdBy?: string;
  updatedBy?: string;
  tags: Tags;
  /** the kinds of values that records hold, as JSON */
  schema?: string;
  /** how many records there are */
  records: number;
  /** rises with each change of the records */
  revision: number;
};

/** What JSON calls an object; its numbers may be `JSON.rawJSON`. */
export type JsonObject = Record<string, unknown>;

export const RECORD_SOURCES = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE'] as const;
export type RecordSource = { source_type: (typeof RECORD_SOURCES)[number]; source_data: JsonObject };

/** One example of a dataset. Its id is made of its inputs: the same inputs are the same record. */
export type EvaluationRecord = {
  recordId: string;
  createdAt: number;
  updatedAt: number;
  createdBy?: string;
  updatedBy?: string;
  inputs: JsonObject;
  /** null: none are known */
  outputs: unknown;
  expectations: JsonObject | null;
  tags: JsonObject;
  source?: RecordSource;
};
