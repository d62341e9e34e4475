"""Records as calls of the stock MLflow client. Every call may be made twice: what the tracker has already is found, not made again."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import DatasetInput, InputTag, LoggedModelOutput, LoggedModelStatus, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_PARENT_RUN_ID
from mlflow.utils.validation import MAX_DATASET_DIGEST_SIZE, MAX_METRICS_PER_BATCH, MAX_PARAM_VAL_LENGTH, MAX_PARAMS_TAGS_PER_BATCH

from virtual_patient.tracking import onnx_model, signature
from virtual_patient.tracking.spool import Record

RUN_TAG, PART_TAG, ROOT_TAG = "proband.run_id", "proband.part", "proband.root_run_id"
OURS = "proband."
WHOLE = ""


class Server:
    """One run of the tracker and its nested runs. Methods raise MlflowException, OSError, and requests' errors (which are OSErrors)."""

    def __init__(self, experiment: str, folders: dict[str, Path]):
        signature.register()
        self._client = MlflowClient()
        self._experiment_name, self._folders = experiment, folders
        self._experiment = ""
        self._runs: dict[str, str] = {}  # MLflow's id by part
        self._found: set[str] = set()  # parts whose runs were there before this process
        self._metrics: dict[str, set[str]] = {}  # that the tracker has of such a part
        self._steps: dict[tuple[str, str], set[int]] = {}  # and of which steps
        self.started_ms = 0  # when the run began

    @property
    def run_id(self) -> str | None:
        return self._runs.get(WHOLE)

    def open(self, known_run_id: str | None, at_ms: int, context: dict[str, str]) -> None:
        """Finds the run, by its id or its tag, or creates it with the tags of its context; and finds its parts."""
        name = os.environ.get("PROBAND_RUN_ID")
        self._experiment = self._experiment or self._find_experiment()
        run_id = known_run_id or os.environ.get("MLFLOW_RUN_ID") or (name and self._find_run(name))
        tags = {RUN_TAG: name} if name else {}
        if run_id:
            self._client.update_run(run_id, status="RUNNING")
            info = self._client.get_run(run_id).info
            self._experiment, self.started_ms = info.experiment_id, info.start_time
            self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
            self._found.add(WHOLE)
        else:
            run_id = self._client.create_run(self._experiment, start_time=at_ms, tags=context | tags, run_name=name).info.run_id
            self.started_ms = at_ms
        self._runs[WHOLE] = run_id
        if WHOLE in self._found:
            for run in self._search(f"tags.`{ROOT_TAG}` = '{run_id}'"):
                part = run.data.tags[PART_TAG]
                self._runs[part] = run.info.run_id
                self._found.add(part)

    def context(self, record: Record) -> None:
        """What one job of the run was made with; who began the run and how stays as it was."""
        tags = [RunTag(key, value) for key, value in record["tags"].items() if key.startswith(OURS)]
        self._client.log_batch(self._runs[record["part"]], tags=tags)

    def part(self, record: Record) -> None:
        if record["part"] in self._runs:
            return
        tags = {PART_TAG: record["part"], MLFLOW_PARENT_RUN_ID: self._runs[record["within"]], ROOT_TAG: self._runs[WHOLE]}
        run = self._client.create_run(self._experiment, start_time=record["at"], tags=tags, run_name=record["part"])
        self._runs[record["part"]] = run.info.run_id

    def params(self, record: Record) -> None:
        params = [Param(name, value[:MAX_PARAM_VAL_LENGTH]) for name, value in record["params"].items()]
        for some in _chunks(params, MAX_PARAMS_TAGS_PER_BATCH):
            self._client.log_batch(self._runs[record["part"]], params=some)

    def metrics(self, part: str, records: list[Record]) -> None:
        """All of one part, in as few calls as the protocol allows; without the steps that the tracker has already."""
        metrics = [
            Metric(name, value, record["at"], step)
            for record in records
            for name, values in record["metrics"].items()
            for step, value in zip(record["steps"], values)
            if step not in self._known_steps(part, name)
        ]
        for some in _chunks(metrics, MAX_METRICS_PER_BATCH):
            self._client.log_batch(self._runs[part], metrics=some)

    def dataset(self, record: Record) -> None:
        source = CodeDatasetSource(tags={"proband.source": record["source"], "proband.sha256": record["sha256"]})
        # MLflow's digests are shorter than a SHA-256; the whole one is in the source
        dataset = MetaDataset(source, name=record["name"], digest=record["sha256"][:MAX_DATASET_DIGEST_SIZE])
        tags = [InputTag(MLFLOW_DATASET_CONTEXT, record["context"])]
        self._client.log_inputs(self._runs[record["part"]], [DatasetInput(dataset._to_mlflow_entity(), tags)])

    def artifact(self, record: Record) -> None:
        path = self._folders[record["root"]] / record["path"]
        self._client.log_artifact(self._runs[record["part"]], str(path), record["to"])

    def model(self, record: Record) -> None:
        """The ONNX file as an MLflow model that stock clients load; one per run and name."""
        path = self._folders["output"] / record["path"]
        run_id = self._runs[record["part"]]
        model = self._find_model(run_id, path.stem)
        if model is None:
            model = self._client.create_logged_model(
                self._experiment, path.stem, run_id, {"proband.sha256": hashlib.sha256(path.read_bytes()).hexdigest()}, record["params"], "onnx"
            )
        elif model.status == LoggedModelStatus.READY:
            return
        with tempfile.TemporaryDirectory() as folder:
            onnx_model.write(path, Path(folder), model.model_id, run_id)
            self._client.log_model_artifacts(model.model_id, folder)
        # the run's output first: a model that is ready is left as it is when this is done again
        self._client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        self._client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)

    def end(self, record: Record) -> None:
        """Parts end with the run, inner ones first."""
        for run_id in reversed(self._runs.values()):
            self._client.set_terminated(run_id, record["status"], record["at"])

    def _find_experiment(self) -> str:
        try:
            return self._client.create_experiment(self._experiment_name)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise
        return self._client.get_experiment_by_name(self._experiment_name).experiment_id

    def _find_run(self, name: str) -> str | None:
        runs = [run for run in self._search(f"tags.`{RUN_TAG}` = '{name}'") if MLFLOW_PARENT_RUN_ID not in run.data.tags]
        return runs[0].info.run_id if runs else None

    def _search(self, filter_string: str) -> list:
        found, token = [], None
        while True:
            page = self._client.search_runs([self._experiment], filter_string, max_results=1000, page_token=token)
            found += page
            token = page.token
            if not token:
                return found

    def _find_model(self, run_id: str, name: str) -> Any | None:
        found = self._client.search_logged_models([self._experiment], f"source_run_id = '{run_id}' AND name = '{name}'")
        return next(iter(found), None)

    def _known_steps(self, part: str, metric: str) -> set[int]:
        """Asked for once, and only of runs that were there before: a restarted job says its last steps again."""
        if part not in self._found:
            return set()
        if part not in self._metrics:
            self._metrics[part] = set(self._client.get_run(self._runs[part]).data.metrics)
        if (part, metric) not in self._steps:
            history = self._client.get_metric_history(self._runs[part], metric) if metric in self._metrics[part] else []
            self._steps[part, metric] = {known.step for known in history}
        return self._steps[part, metric]


def _chunks(items: list, size: int) -> Iterable[list]:
    return (items[start : start + size] for start in range(0, len(items), size))
