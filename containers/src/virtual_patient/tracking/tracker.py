"""What a job says of its run. Without MLFLOW_TRACKING_URI or PROBAND_TRACKING=spool every call does nothing."""

import hashlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from virtual_patient.job import Job, warn, write_json
from virtual_patient.tracking.spool import FOLDER, RECORDS, REPORT, STATE, Record, Spool, is_isolated, read

WHOLE = ""  # the part that is the whole run
CLOSE_S = 60.0  # most that a job waits at its end for what is still to be sent


class Tracker:
    """Parts are nested runs: a hospital left out, a member of an ensemble; WHOLE is the run itself."""

    def __init__(self, spool: Spool | None):
        self._spool = spool

    @property
    def active(self) -> bool:
        """Whether anything is recorded: what only a tracker wants need not be computed without one."""
        return self._spool is not None

    def part(self, name: str, within: str = WHOLE, **params: str | float) -> None:
        """Opens a nested run below another part."""
        self._record({"kind": "part", "part": name, "within": within, "at": _now_ms()})
        self.params(params, name)

    def params(self, values: Mapping[str, Any], part: str = WHOLE) -> None:
        self._record({"kind": "params", "part": part, "params": {name: str(value) for name, value in values.items()}})

    def metrics(self, values: Mapping[str, float], part: str = WHOLE, step: int = 0) -> None:
        self.series([step], {name: [value] for name, value in values.items()}, part)

    def series(self, steps: Sequence[int], values: Mapping[str, Sequence[float]], part: str = WHOLE) -> None:
        """values: by metric, one for each step; steps ascend, also from call to call."""
        # seven digits are all that float32 holds
        rounded = {name: [float(f"{value:.7g}") for value in column] for name, column in values.items()}
        self._record({"kind": "metrics", "part": part, "at": _now_ms(), "steps": [int(step) for step in steps], "metrics": rounded})

    def dataset(self, name: str, sha256: str, source: str, context: str) -> None:
        """A dataset that the run used. sha256: of its content; context: training or evaluation."""
        self._record({"kind": "dataset", "part": WHOLE, "name": name, "sha256": sha256, "source": source, "context": context})

    def artifact(self, root: str, path: str, to: str | None = None) -> None:
        """A finished file below the job's `output` or `checkpoints`."""
        self._record({"kind": "artifact", "part": WHOLE, "root": root, "path": path, "to": to})

    def model(self, path: str, **params: str | float) -> None:
        """A finished ONNX file below the job's output, as a logged model with its signature."""
        self._record({"kind": "model", "part": WHOLE, "path": path, "params": {name: str(value) for name, value in params.items()}})

    def end(self, status: str) -> None:
        self._record({"kind": "end", "part": WHOLE, "status": status, "at": _now_ms()})

    def _record(self, record: Record) -> None:
        if self._spool is None:
            return
        try:
            self._spool.append(record)
        except OSError as error:  # a full disk is the training's concern, not the tracker's
            self._spool = None
            warn(f"tracking: nothing more is recorded ({type(error).__name__})")


@contextmanager
def tracked(job: Job, kind: str) -> Iterator[Tracker]:
    """The tracker of a job of this kind (`train`, `evaluate`); at its end what is left is sent, or counted as dropped."""
    address = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not address and not is_isolated():
        yield Tracker(None)
        return
    if not is_isolated() and not address.startswith(("http://", "https://")):
        warn("tracking: MLFLOW_TRACKING_URI is no address of http or https; nothing is recorded")
        yield Tracker(None)
        return
    folder = job.checkpoints / FOLDER
    spool = Spool(folder, _identity(job, kind))
    tracker = Tracker(spool)
    sender = _Sender(job, kind)
    status = "FAILED"
    try:
        _describe(tracker, job, kind)
        yield tracker
        status = "FINISHED"
    finally:
        tracker.metrics({f"{kind}/peak_memory_mib": _peak_memory_mib()})
        tracker.end(status)
        sender.close()
        report = _report(folder, spool)
        with suppress(OSError):
            write_json(folder / REPORT, report)
        if report["dropped"]:
            warn(f"tracking: {report['dropped']} of {report['records']} records dropped: {report['reason']}")


class _Sender:
    """The process that sends. It ends with this one: its stdin is held here."""

    def __init__(self, job: Job, kind: str):
        folders = {"output": job.output, "checkpoints": job.checkpoints}
        command = [sys.executable, "-m", "virtual_patient.tracking.sender", "--of-job", kind, str(job.parameters.get("model", ""))]
        # the job may have been started from the sources, by a path that a new process would not know
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process: subprocess.Popen | None = None
        try:
            self._process = subprocess.Popen(
                [*command, *map(str, folders.values())],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        except OSError as error:
            warn(f"tracking: nothing is sent ({type(error).__name__})")
            return
        self._reader = threading.Thread(target=self._relay, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Waits until everything is sent, or the sender gives up."""
        if self._process is None:
            return
        with suppress(OSError):
            self._process.stdin.write("end\n")
            self._process.stdin.close()
        try:
            code = self._process.wait(timeout=CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(timeout=1)
        if code:
            warn(f"tracking: the sender ended with {code}")

    def _relay(self) -> None:
        for line in self._process.stdout:
            warn(f"tracking: {line.strip()}")


def _describe(tracker: Tracker, job: Job, kind: str) -> None:
    tracker.params(
        {
            **job.parameters,
            **({"dataset_id": dataset} if (dataset := os.environ.get("PROBAND_DATASET_ID")) else {}),
            **({"context_of_use": context} if (context := os.environ.get("PROBAND_CONTEXT_OF_USE")) else {}),
        }
    )
    table = job.input / "features" / "features.parquet"
    if table.is_file():
        with table.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        tracker.dataset("features", sha256, "features/features.parquet", _CONTEXTS[kind])
    if os.environ.get("PROBAND_DATASET_ID"):
        name = os.environ["PROBAND_DATASET_ID"]
        tracker.dataset(name, os.environ.get("PROBAND_DATASET_SHA256") or name.rpartition("_")[2], name, _CONTEXTS[kind])


_CONTEXTS = {"train": "training", "evaluate": "evaluation"}  # MLflow's words


def _report(folder: Path, spool: Spool) -> dict[str, Any]:
    """How much of what was recorded came to the tracker. A record is a line: one part's metrics of many steps, a file, a set of parameters."""
    records = sum(1 for _ in read(folder / RECORDS, 0)) - 1 + spool.not_kept  # the first line is no record
    if is_isolated():
        return {"runId": None, "records": records, "sent": 0, "dropped": spool.not_kept, "reason": "more than is kept" if spool.not_kept else None}
    state = json.loads((folder / STATE).read_text()) if (folder / STATE).is_file() else {}
    sent = state.get("sent", 0) + state.get("through", 0)
    return {
        "runId": state.get("runId"),
        "records": records,
        "sent": sent,
        "dropped": records - sent,
        "reason": state.get("reason") if records > sent else None,
    }


def _identity(job: Job, kind: str) -> str:
    named = [kind, os.environ.get("PROBAND_RUN_ID"), os.environ.get("MLFLOW_RUN_ID"), os.environ.get("MLFLOW_TRACKING_URI"), job.parameters]
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def _peak_memory_mib() -> float:
    # KiB, on macOS bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
