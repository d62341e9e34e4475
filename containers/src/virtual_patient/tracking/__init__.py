"""Training and evaluation as runs of an experiment tracker that speaks MLflow's protocol.

    job ──records──► checkpoints/tracking/records.jsonl ──► sender (a process of its own) ──stock mlflow client──► MLFLOW_TRACKING_URI

The job only appends lines to a file: a tracker that is slow, away or refusing can neither slow nor fail it, and the job never imports mlflow. The file
lies among the checkpoints, so a job that is killed and started again, on whatever machine, goes on in the same MLflow run.

A job without a connection only records (PROBAND_TRACKING=spool); `virtual_patient.relay` sends it afterwards, by the same sender.

| variable | meaning |
|---|---|
| MLFLOW_TRACKING_URI | http(s) address of the tracker; without it nothing here happens, unless |
| PROBAND_TRACKING | is `spool`: everything is recorded and nothing sent |
| MLFLOW_TRACKING_TOKEN | bearer token |
| MLFLOW_TRACKING_AUTH | `aws-sigv4`: requests are signed by the process's own AWS role instead |
| PROBAND_TRACKING_TOKEN_FILE | a file that holds the token and may be renewed while the job runs; goes before the variable |
| MLFLOW_EXPERIMENT_NAME | default: the model's name |
| MLFLOW_RUN_ID | an MLflow run to go on in; default: the one tagged with PROBAND_RUN_ID, else a new one |
| MLFLOW_RUN_CONTEXT | further tags, a JSON object: `mlflow.source.git.commit`, `proband.image` ... |
| PROBAND_RUN_ID | the run's name; training and evaluation with the same one share an MLflow run |
| PROBAND_DATASET_ID, PROBAND_DATASET_SHA256 | the dataset version that the features were built of |
| PROBAND_CONTEXT_OF_USE | what the model may be used for |
| PROBAND_IMAGE | the container image: `[name@]sha256:<digest>` |
"""
