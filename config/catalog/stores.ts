/** The tables. All on demand, point-in-time recovery, customer key; keys are `pk`, `sk` and the index `gsi1` (`gsi1pk`, `gsi1sk`). */
export const TABLES = {
  lake: 'uploads, file digests, samples, ingests, compactions, dataset versions, those in the making and their rebuilds, withdrawals',
  subjects: 'each pseudonym’s first contact: a real date, as protected as the landing zone',
  tracking: 'projects; experiments, tracked runs, metrics, logged models, evaluation datasets, webhooks',
  registry: 'runs, registered models, model versions, stage history, reviews, signatures, deployments, rollouts, trials',
  monitoring: 'prediction records, outcomes, monitoring runs, alarms, retraining requests',
  audit: 'the hash chain and its head',
  lineage: 'edges, both ways',
} as const;
export type TableName = keyof typeof TABLES;

/** The buckets. All versioned, customer key, TLS only, public access blocked. */
export const BUCKETS = {
  landing: 'raw uploads; may hold PHI; expires',
  quarantine: 'rows left out, with their reasons; may hold PHI; expires',
  lake: 'OMOP Parquet, dataset manifests, feature tables; de-identified',
  artifacts: 'what jobs leave, evidence, cards, reports, prediction logs',
  audit: 'signed checkpoints under Object Lock',
} as const;
export type BucketName = keyof typeof BUCKETS;

/** Where things lie. File names never reach a key: they may hold PHI. */
export const keys = {
  upload: (uploadId: string) => `uploads/${uploadId}`,
  part: (uploadId: string, index: number) => `parts/${uploadId}/${index}`,
  /** what is only looked at: a source map tried on files, or drafted from one */
  sample: (sampleId: string) => `samples/${sampleId}`,
  samplePart: (sampleId: string, index: number) => `sample-parts/${sampleId}/${index}`,
  /** in the landing zone: a map may name its one patient */
  sampleMap: (sampleId: string) => `sample-maps/${sampleId}.json`,
  sampleResult: (sampleId: string) => `samples/${sampleId}.json`,
  quarantine: (ingestId: string, group: number) => `${ingestId}/${group}.ndjson`,
  /** in the landing zone: staged rows have real dates */
  staged: (ingestId: string, group: number, name: string) => `staged/${ingestId}/${group}/${name}`,
  /** the branches of an ingest: which files each reads */
  fileGroups: (ingestId: string) => `ingests/${ingestId}/groups.json`,
  /** what lies staged of each partition, and the quarantine */
  staging: (ingestId: string) => `ingests/${ingestId}/staging.json`,
  reading: (ingestId: string, group: number) => `ingests/${ingestId}/${group}.json`,
  records: (partition: number) => `omop/record/partition=${partition}/`,
  omop: (table: string, ingestId: string, partition: number) => `omop/${table}/partition=${partition}/${ingestId}.parquet`,
  /** rows of many ingests: beside the tables' own folders, so that nothing is read twice */
  compacted: (table: string, compactionId: string, partition: number) => `omop/compacted/${table}/partition=${partition}/${compactionId}.parquet`,
  compactionPlan: (compactionId: string) => `compactions/${compactionId}.json`,
  creationManifest: (creationId: string) => `creations/${creationId}/manifest.json`,
  creationQuality: (creationId: string, source: string) => `creations/${creationId}/quality/${source}.json`,
  /** lists of the Parquet files that a version pins, as Athena reads them */
  datasetFiles: (datasetId: string, table: string, partition: number) => `tables/${datasetId}/${table}/partition=${partition}/files.txt`,
  datasetManifest: (datasetId: string) => `datasets/${datasetId}/manifest.json`,
  datasetQuality: (datasetId: string, name: string) => `datasets/${datasetId}/quality/${name}`,
  datasetRebuild: (datasetId: string, path: string) => `datasets/${datasetId}/rebuild/${path}`,
  features: (runId: string) => `features/${runId}/`,
  run: (runId: string) => `runs/${runId}/`,
  runTraining: (runId: string) => `runs/${runId}/train/`,
  runEvaluation: (runId: string) => `runs/${runId}/evaluate/`,
  runCheckpoints: (runId: string) => `checkpoints/${runId}/`,
  /** what a job says of its tracked run (containers/README.md), among its checkpoints */
  runRecords: (runId: string, kind: 'train' | 'evaluate') => `checkpoints/${runId}/${kind}/tracking/`,
  runRelay: (runId: string) => `runs/${runId}/relay/`,
  runGates: (runId: string) => `runs/${runId}/gates.json`,
  card: (model: string, version: number) => `versions/${model}/${version}/card.html`,
  dossier: (reviewId: string) => `reviews/${reviewId}/dossier.html`,
  trial: (trialId: string) => `trials/${trialId}/`,
  monitoringReport: (monitoringRunId: string) => `monitoring/${monitoringRunId}/report.json`,
  predictionLog: (model: string, date: string, batch: string) => `predictions/${model}/dt=${date}/${batch}.ndjson`,
  checkpoint: (sequence: number) => `checkpoints/${String(sequence).padStart(12, '0')}.json`,
} as const;

/** Patients are spread over this many partitions by the hash of their pseudonym; one patient is in one partition of every table. */
export const LAKE_PARTITIONS = 4;

/**
 * Small files of a partition are merged once there are more than `aboveFiles` of one source. What has reached `smallBytes` stays as it is.
 * One compaction merges at most `mostBytes`, which fit on a function's disk, of at most `mostIngests`: a dataset version takes 1,000
 * uploads, and a merged file is pinned only by versions that take all that it holds.
 */
export const COMPACTION = { aboveFiles: 8, smallBytes: 32 * 2 ** 20, mostBytes: 512 * 2 ** 20, mostIngests: 500 } as const;
