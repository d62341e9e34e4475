/** The state machines: one row of a model's life each. Their names are `proband-<environment>-<machine>`. */
export const MACHINES = {
  ingest: 'a file of the landing zone → OMOP Parquet and its quarantine',
  sample: 'a sample file → what a source map would make of it, or a draft of one',
  compact: 'small files of a partition → one file per table',
  pin: 'admitted uploads → a dataset version, its data quality checked',
  rebuild: 'a dataset version’s objects read again and compared',
  export: 'a FHIR server’s Bulk Data export → an upload of the landing zone',
  develop: 'dataset version → features, split, leakage guard, training, evaluation, gates → candidate version',
  review: 'waits for a clinician’s signature',
  rollout: 'shadow, 5, 25, 100 %, back on a breach',
  simulate: 'a simulated trial of a registered version',
  watch: 'drift, calibration, fairness and clinical relevance of a window of predictions',
  escalate: 'an alarm that nobody acknowledged',
  retrain: 'an alarm → the change-control plan → a new run',
} as const;
export type MachineName = keyof typeof MACHINES;
