"""python -m virtual_patient.tracking.sender <train|evaluate> <model> <output folder> <checkpoints folder> [--of-job]

Sends a job's records to the tracker as they come, and ends when its stdin does: after the line `end` with what is left, without it at once. Each line
on its stdout is a warning. Started by hand, with `end` on its stdin, it sends what a job's checkpoints still hold.

A job starts it with `--of-job`: then it also records what the job is made with, and the machine's metrics. Where the job has no connection
(PROBAND_TRACKING=spool) that is all it does.
"""

import argparse
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from virtual_patient.job import read_json, write_json
from virtual_patient.tracking.spool import FOLDER, RECORDS, STATE, Record, append, is_isolated, read

TICK_S = 0.2
GATHER_S = 3.0  # records of so long go together: as few calls as the protocol allows
SAMPLE_S = 10.0  # between system metrics, as MLflow's own monitor does
WAIT_WHEN_AWAY_S = (2.0, 60.0)
NICENESS = 10
# Where the operator says nothing else. Waiting here costs the job nothing; the last word has less time.
CLIENT = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
LAST_WORD = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "8", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
# Answers by which a record will never be taken; every other fault passes, or is the tracker's.
REFUSED = frozenset({
    "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS", "INVALID_STATE", "BAD_REQUEST", "MALFORMED_REQUEST",
    "ENDPOINT_NOT_FOUND", "NOT_FOUND", "FEATURE_DISABLED", "PERMISSION_DENIED",
})  # fmt: skip
WAITS = frozenset({401, 408, 429})  # of an artifact's upload; and whatever is the server's fault


class Away(Exception):
    """The tracker did not answer, or not as one that takes records; its text is one line for the job's progress."""


def main(kind: str, model: str, output: Path, checkpoints: Path, of_job: bool) -> None:
    os.nice(NICENESS)
    prepare_client()
    ending = threading.Event()
    threading.Thread(target=_listen, args=(ending,), daemon=True).start()
    recorder = Recorder(checkpoints / FOLDER / RECORDS, kind) if of_job else None
    if is_isolated():
        while not ending.wait(GATHER_S):
            if recorder:
                recorder.sample()
        return
    outbox = Outbox(checkpoints / FOLDER, kind, model, {"output": output, "checkpoints": checkpoints})
    wait_s, away = WAIT_WHEN_AWAY_S[0], None
    while True:
        last = ending.is_set()
        if last:
            os.environ.update(LAST_WORD)
        try:
            outbox.send()
            if away:
                _say("the tracker is back")
            wait_s, away = WAIT_WHEN_AWAY_S[0], None
        except Away as error:
            if str(error) != away:
                away = str(error)
                _say(f"{away}; records wait")
        if last:
            return
        if away:
            ending.wait(wait_s)
            wait_s = min(2 * wait_s, WAIT_WHEN_AWAY_S[1])
        else:
            ending.wait(GATHER_S)
        if recorder:
            recorder.sample()


def prepare_client() -> None:
    for name, value in CLIENT.items():
        os.environ.setdefault(name, value)


class Recorder:
    """Adds to a job's records what is asked beside it: what it is made with, and now and then what its machine does."""

    def __init__(self, records: Path, kind: str):
        # imported here, beside the job: it takes seconds
        from virtual_patient.tracking import provenance
        from virtual_patient.tracking.machine import Machine

        self._records = records
        append(records, {"kind": "context", "part": "", "tags": provenance.context(kind)})
        self._machine, self._sampled_at = Machine(), time.monotonic()

    def sample(self) -> None:
        if time.monotonic() - self._sampled_at < SAMPLE_S:
            return
        self._sampled_at = time.monotonic()
        append(self._records, {"kind": "system", "part": "", "at": time.time_ns() // 1_000_000, "metrics": self._machine.sample()})


class Outbox:
    """What of the records is sent; its state outlives this process.

    state: where that is kept if not beside the records; what is kept there goes before what was kept beside them.
    """

    def __init__(self, folder: Path, kind: str, model: str, folders: dict[str, Path], state: Path | None = None):
        self._records, self._state_path = folder / RECORDS, state or folder / STATE
        self._kind, self._model, self._folders = kind, model, folders
        kept = next((path for path in (self._state_path, folder / STATE) if path.is_file()), None)
        state = read_json(kept) if kept else {}
        # restored checkpoints may hold a younger state than records
        self._offset = min(state.get("offset", 0), self._records.stat().st_size)
        self._sent, self._run_id = state.get("sent", 0), state.get("runId")
        self._refused: str | None = state.get("refused")
        self._server: Any = None
        # of the window under way: its calls with the records that each one sends, where it ends, and how many records are through
        self._calls: list[tuple[Callable[[], None], int]] = []
        self._window_end, self._through = self._offset, 0

    def send(self) -> None:
        """Everything there is. Raises Away; what was sent before that is not sent again."""
        try:
            self._open()
            while self._calls or self._load():
                while self._calls:
                    call, records = self._calls[0]
                    if self._taken(call):
                        self._through += records
                    self._calls.pop(0)
                self._offset, self._sent, self._through = self._window_end, self._sent + self._through, 0
                self._save(None)
        except Away as error:
            self._save(str(error))
            raise

    @property
    def run_id(self) -> str | None:
        return self._run_id

    @property
    def progress(self) -> tuple[int, int, str | None]:
        """Bytes of the records that are dealt with, records sent, and why others were not."""
        return self._offset, self._sent + self._through, self._refused

    def _open(self) -> None:
        """The run, once it is known to be there."""
        if self._server is None:
            from virtual_patient.tracking.server import Server  # as late as the recorder's

            self._server = Server(os.environ.get("MLFLOW_EXPERIMENT_NAME") or self._model, self._folders)
        if self._server.run_id is None:
            records = (record for _, record in read(self._records, 0))
            started_ms = next(records)["at"]
            tags = next((record["tags"] for record in records if record["kind"] == "context"), {})
            _renew_token()
            try:
                self._server.open(self._run_id, started_ms, tags)
            except Exception as error:  # whatever it is: without a run nothing can be sent, and the job must not feel it
                raise Away(_reason(error)) from error
            self._run_id = self._server.run_id
            self._save(None)

    def _load(self) -> bool:
        """The next window: whatever was recorded since the last one, the metrics of a part together, ends last."""
        series: dict[str, list[Record]] = {}
        others, ends = [], []
        for self._window_end, record in read(self._records, self._offset):
            match record["kind"]:
                case "spool":
                    pass
                case "metrics":
                    series.setdefault(record["part"], []).append(record)
                case "system":
                    series.setdefault(record["part"], []).append(self._of_machine(record))
                case "end":
                    ends.append(record)
                case _:
                    others.append(record)
        one_each = [(partial(getattr(self._server, record["kind"]), record), 1) for record in others]
        batches = [(partial(self._server.metrics, part, records), len(records)) for part, records in series.items()]
        # an earlier end is of a job that was started again
        last_end = [(partial(self._server.end, ends[-1]), len(ends))] if ends else []
        self._calls = [*one_each, *batches, *last_end]
        return self._window_end > self._offset

    def _of_machine(self, record: Record) -> Record:
        """The machine's metrics, at one step for each sample since the run began."""
        step = int((record["at"] - self._server.started_ms) / 1000 / SAMPLE_S)
        return record | {"steps": [step], "metrics": {name: [value] for name, value in record["metrics"].items()}}

    def _taken(self, call: Callable[[], None]) -> bool:
        """False where the tracker refuses it for good. Raises Away."""
        _renew_token()
        try:
            call()
        except Exception as error:  # a fault in here must stay in here
            if not _refuses(error):
                raise Away(_reason(error)) from error
            if self._refused is None:
                _say(f"the tracker refuses records: {_reason(error)}")
            self._refused = _reason(error)
            return False
        return True

    def _save(self, away: str | None) -> None:
        state = {
            "runId": self._run_id,
            "offset": self._offset,
            "sent": self._sent,
            "through": self._through,
            "refused": self._refused,
            "reason": away or self._refused,
        }
        write_json(self._state_path, state)


def _refuses(error: Exception) -> bool:
    """Whether trying again is of no use."""
    from mlflow.exceptions import MlflowException
    from requests import HTTPError, RequestException

    if isinstance(error, MlflowException):
        return error.error_code in REFUSED
    if isinstance(error, HTTPError) and error.response is not None:
        return error.response.status_code < 500 and error.response.status_code not in WAITS
    return not isinstance(error, RequestException)


def _reason(error: Exception) -> str:
    """One line without anything that was sent: a status, an error code, or the kind of the fault."""
    from mlflow.exceptions import RestException
    from requests import HTTPError

    text = str(error)
    if isinstance(error, HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, RestException):
        return error.json.get("error_code") or str(error.json.get("message", "an answer without error code"))[:60]
    if found := re.search(r"too many (\d{3}) error responses|failed with error code (\d{3})", text):
        return f"HTTP {found[1] or found[2]}"
    if "NewConnectionError" in text or "Connection refused" in text or "ConnectionResetError" in text or "RemoteDisconnected" in text:
        return "no connection"
    if "timed out" in text.lower():
        return "no answer in time"
    return getattr(error, "error_code", None) or type(error).__name__


def _renew_token() -> None:
    """The client reads the variable at each call."""
    if file := os.environ.get("PROBAND_TRACKING_TOKEN_FILE"):
        try:
            os.environ["MLFLOW_TRACKING_TOKEN"] = Path(file).read_text().strip()
        except OSError:  # being replaced, or gone: the tracker's answer will tell
            pass


def _listen(ending: threading.Event) -> None:
    said = b""
    while some := os.read(0, 4096):  # unbuffered: a buffered reader's lock aborts the interpreter's end
        said += some
    if said.strip() != b"end":
        os._exit(0)  # the job was killed: whoever goes on with it sends the rest
    ending.set()


def _say(warning: str) -> None:
    print(warning, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m virtual_patient.tracking.sender", description="Sends a job's records to the tracker.")
    parser.add_argument("kind", choices=("train", "evaluate"))
    parser.add_argument("model")
    parser.add_argument("output", type=Path)
    parser.add_argument("checkpoints", type=Path)
    parser.add_argument("--of-job", action="store_true", help="record, too, what the job is made with and what its machine does")
    main(**vars(parser.parse_args()))
