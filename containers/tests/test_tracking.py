"""The tracked run by the stock MLflow client against a tracker that keeps every run, model and metric it is told, doubles included."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from virtual_patient.job import Job, write_json
from virtual_patient.tracking.sender import Away, Outbox
from virtual_patient.tracking.spool import FOLDER, RECORDS, STATE, Spool, read
from virtual_patient.tracking.tracker import Tracker, tracked

SOURCE = Path(__file__).resolve().parents[1] / "src"
TOKEN = "first-token"
NAME = "run_01TESTTEST"


class Run:
    def __init__(self, body: dict):
        self.id, self.name, self.status = uuid.uuid4().hex, body.get("run_name", ""), "RUNNING"
        self.start_time = body["start_time"]
        self.tags = {tag["key"]: tag["value"] for tag in body.get("tags", [])}
        self.params: dict[str, str] = {}
        self.metrics: list[dict] = []
        self.inputs: list[dict] = []
        self.outputs: list[dict] = []

    def steps(self, metric: str) -> list[int]:
        return [int(one.get("step", 0)) for one in self.metrics if one["key"] == metric]

    def entity(self) -> dict:
        pairs = lambda values: [{"key": key, "value": value} for key, value in values.items()]  # noqa: E731
        latest = {one["key"]: one for one in self.metrics}
        info = {"run_id": self.id, "run_uuid": self.id, "experiment_id": "1", "run_name": self.name, "status": self.status, "start_time": self.start_time,
                "artifact_uri": f"mlflow-artifacts:/1/{self.id}/artifacts", "lifecycle_stage": "active"}  # fmt: skip
        return {"info": info, "data": {"tags": pairs(self.tags), "params": pairs(self.params), "metrics": list(latest.values())}}


def _dataset(given: dict) -> tuple[str, str]:
    return given["dataset"]["name"], given["dataset"]["digest"]


class TrackingServer(ThreadingHTTPServer):
    """So much of MLflow's protocol as a job uses. `faults` are answered first: (status, headers, body) for whatever call comes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.runs: dict[str, Run] = {}
        self.models: dict[str, dict] = {}
        self.files: dict[str, bytes] = {}
        self.calls: list[tuple[str, float]] = []
        self.faults: list[tuple[int, dict, bytes]] = []
        self.fault_on: str | None = None  # only calls of this path get a fault
        self.token: str | None = None
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def root(self) -> Run:
        (run,) = (run for run in self.runs.values() if "mlflow.parentRunId" not in run.tags)
        return run

    def part(self, name: str) -> Run:
        (run,) = (run for run in self.runs.values() if run.tags.get("proband.part") == name)
        return run

    def count(self, path: str) -> int:
        return sum(call == path for call, _ in self.calls)

    def answer(self, path: str, body: dict) -> dict:
        match path:
            case "experiments/create":
                return {"experiment_id": "1"}
            case "runs/create":
                run = Run(body)
                self.runs[run.id] = run
                return {"run": run.entity()}
            case "runs/get":
                return {"run": self.runs[body["run_id"]].entity()}
            case "runs/update":
                run = self.runs[body["run_id"]]
                run.status = body.get("status", run.status)
                return {"run_info": run.entity()["info"]}
            case "runs/search":
                tag, value = re.fullmatch(r"tags\.`(.+)` = '(.+)'", body["filter"]).groups()
                return {"runs": [run.entity() for run in self.runs.values() if run.tags.get(tag) == value]}
            case "runs/log-batch":
                run = self.runs[body["run_id"]]
                assert len(body.get("metrics", [])) <= 1000 and len(body.get("params", [])) <= 100
                run.metrics += body.get("metrics", [])
                run.params |= {param["key"]: param["value"] for param in body.get("params", [])}
                run.tags |= {tag["key"]: tag["value"] for tag in body.get("tags", [])}
            case "runs/log-inputs":
                # a dataset of that name and digest is one input, as MLflow's own store has it
                known = self.runs[body["run_id"]].inputs
                known += [one for one in body["datasets"] if _dataset(one) not in map(_dataset, known)]
            case "runs/outputs":
                known = self.runs[body["run_id"]].outputs
                known += [one for one in body["models"] if one["model_id"] not in (model["model_id"] for model in known)]
            case "metrics/get-history":
                return {"metrics": [one for one in self.runs[body["run_id"]].metrics if one["key"] == body["metric_key"]]}
            case "logged-models":
                model_id = f"m-{uuid.uuid4().hex}"
                info = {"model_id": model_id, "experiment_id": "1", "name": body["name"], "source_run_id": body["source_run_id"], "status": "LOGGED_MODEL_PENDING",
                        "artifact_uri": f"mlflow-artifacts:/1/models/{model_id}/artifacts", "tags": body["tags"]}  # fmt: skip
                self.models[model_id] = info
                return {"model": {"info": info, "data": {"params": body.get("params", [])}}}
            case "logged-models/search":
                run_id, name = re.fullmatch(r"source_run_id = '(.+)' AND name = '(.+)'", body["filter"]).groups()
                return {"models": [{"info": model, "data": {}} for model in self.models.values() if (model["source_run_id"], model["name"]) == (run_id, name)]}
            case _ if path.startswith("logged-models/"):
                model = self.models[path.removeprefix("logged-models/")]
                model["status"] = body.get("status", model["status"])
                return {"model": {"info": model, "data": {}}}
            case _:
                raise AssertionError(path)
        return {}


class Handler(BaseHTTPRequestHandler):
    server: TrackingServer

    def _handle(self) -> None:
        address = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = re.sub(r"^/api/2\.0/(mlflow/)?", "", address.path)
        self.server.calls.append((path, time.monotonic()))
        if self.server.faults and self.server.fault_on in (None, path):
            return self._send(*self.server.faults.pop(0))
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            return self._send(401, {}, b'{"message":"Unauthorized"}')  # as an API gateway's authorizer puts it
        if path.startswith("mlflow-artifacts/artifacts/"):
            self.server.files[path.removeprefix("mlflow-artifacts/artifacts/")] = raw
            return self._send(200, {}, b"{}")
        body = json.loads(raw) if raw else {name: values[0] for name, values in parse_qs(address.query).items()}
        return self._send(200, {}, json.dumps(self.server.answer(path, body)).encode())

    do_GET = do_POST = do_PATCH = do_PUT = _handle

    def _send(self, status: int, headers: dict, body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    running = TrackingServer()
    for name, value in {
        "MLFLOW_TRACKING_URI": running.url, "MLFLOW_TRACKING_TOKEN": TOKEN, "PROBAND_RUN_ID": NAME, "PROBAND_DATASET_ID": f"ds_{'a1' * 32}",
        "PROBAND_CONTEXT_OF_USE": "dose-decision-support", "MLFLOW_RUN_CONTEXT": json.dumps({"mlflow.source.git.commit": "c0ffee"}),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0", "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield running
    running.shutdown()
    running.server_close()


class Recorded:
    """A spool with its tracker and outbox, as job and sender hold them."""

    def __init__(self, folder: Path):
        self.folder = folder / FOLDER
        self.tracker = Tracker(Spool(self.folder, "this job"))
        self.outbox = Outbox(self.folder, "train", "warfarin", {"output": folder, "checkpoints": folder})

    def state(self) -> dict:
        return json.loads((self.folder / STATE).read_text())


def curve(tracker: Tracker, first: int, last: int, part: str = "") -> None:
    steps = range(first, last + 1)
    tracker.series(steps, {"loss": [1 / step for step in steps]}, part)


def test_without_an_address_nothing_is_imported_and_nothing_is_left(tmp_path):
    program = (
        "import sys; from pathlib import Path; from virtual_patient.job import Job; from virtual_patient.tracking.tracker import tracked\n"
        "with tracked(Job(Path('in'), Path('out'), Path('ck'), {}), 'train') as tracker:\n"
        "    tracker.part('fold'); tracker.metrics({'loss': 1.0}); tracker.artifact('output', 'x')\n"
        "    assert not tracker.active\n"
        "assert 'mlflow' not in sys.modules and 'psutil' not in sys.modules and not list(Path().iterdir())"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")} | {"PYTHONPATH": str(SOURCE)}
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_an_address_that_is_none_is_said_and_the_job_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    with tracked(Job(tmp_path, tmp_path, tmp_path / "ck", {}), "train") as tracker:
        assert not tracker.active
    assert "no address of http or https" in capsys.readouterr().out


def test_a_spool_says_everything_once_and_survives_half_a_line(tmp_path):
    def record(tracker: Tracker, last: int) -> None:
        tracker.part("fold S1", held_out="S1")
        curve(tracker, 1, last, "fold S1")

    record(Tracker(Spool(tmp_path, "job")), 50)
    with (tmp_path / RECORDS).open("ab") as file:
        file.write(b'{"kind":"metrics","part":"fo')
    record(Tracker(Spool(tmp_path, "job")), 70)
    records = [record for _, record in read(tmp_path / RECORDS, 0)]
    assert [record["kind"] for record in records] == ["spool", "part", "params", "metrics", "metrics"]
    assert records[-1]["steps"] == list(range(51, 71)) and len(records[-1]["metrics"]["loss"]) == 20


def test_records_of_another_job_in_the_folder_are_not_sent(tmp_path):
    curve(Tracker(Spool(tmp_path, "seed 1")), 1, 5)
    (tmp_path / STATE).write_text("{}")
    Spool(tmp_path, "seed 2")
    assert [record["kind"] for _, record in read(tmp_path / RECORDS, 0)] == ["spool"]
    assert not (tmp_path / STATE).exists()


def test_metrics_go_in_batches_of_the_protocols_size(server, tmp_path):
    recorded = Recorded(tmp_path)
    for first in range(1, 2400, 50):
        curve(recorded.tracker, first, first + 49)
    recorded.outbox.send()
    assert server.root.steps("loss") == list(range(1, 2401))
    assert server.count("runs/log-batch") == 3
    assert recorded.state()["sent"] == 48


def test_values_that_are_not_finite_come_through(server, tmp_path):
    recorded = Recorded(tmp_path)
    recorded.tracker.series([1, 2, 3], {"loss": [float("nan"), float("inf"), float("-inf")]})
    recorded.outbox.send()
    assert [float(one["value"]) for one in server.root.metrics] == pytest.approx([float("nan"), float("inf"), float("-inf")], nan_ok=True)


def test_a_checkpoint_restored_without_its_last_records_doubles_nothing(server, tmp_path):
    """A worker that was killed may have sent what it had not yet saved: the tracker knows better."""
    first = Recorded(tmp_path / "one")
    first.tracker.part("fold S1")
    curve(first.tracker, 1, 100)
    curve(first.tracker, 1, 100, "fold S1")
    first.outbox.send()
    second = Recorded(tmp_path / "two")  # nothing was saved at all
    second.tracker.part("fold S1")
    curve(second.tracker, 1, 150)
    curve(second.tracker, 1, 150, "fold S1")
    second.outbox.send()
    assert len(server.runs) == 2
    assert server.root.steps("loss") == list(range(1, 151))
    assert server.part("fold S1").steps("loss") == list(range(1, 151))


def test_a_tracker_away_in_the_middle_gets_the_rest_when_it_is_back(server, tmp_path):
    recorded = Recorded(tmp_path)
    recorded.tracker.params({"seed": 1})
    curve(recorded.tracker, 1, 50)
    recorded.outbox.send()
    curve(recorded.tracker, 51, 100)
    for name in ("a", "b"):
        recorded.tracker.part(name)
        curve(recorded.tracker, 1, 10, name)
    server.faults = [(503, {}, b"{}")] * 2
    server.fault_on = "runs/log-batch"
    with pytest.raises(Away, match="HTTP 503"):
        recorded.outbox.send()
    assert recorded.state()["reason"] == "HTTP 503"
    recorded.outbox.send()
    assert server.root.steps("loss") == list(range(1, 101))
    assert {run.name for run in server.runs.values()} == {NAME, "a", "b"}
    assert server.part("b").steps("loss") == list(range(1, 11))
    state = recorded.state()
    assert state["reason"] is None and state["sent"] == sum(1 for _ in read(recorded.folder / RECORDS, 0)) - 1


def test_a_tracker_that_asks_for_patience_gets_it(server, tmp_path):
    recorded = Recorded(tmp_path)
    curve(recorded.tracker, 1, 5)
    server.faults, server.fault_on = [(429, {"Retry-After": "1"}, b'{"error_code":"REQUEST_LIMIT_EXCEEDED"}')], "runs/log-batch"
    recorded.outbox.send()
    first, second = (at for path, at in server.calls if path == "runs/log-batch")
    assert second - first >= 1
    assert server.root.steps("loss") == [1, 2, 3, 4, 5]


def test_a_token_that_expired_is_read_again_and_never_shown(server, tmp_path, monkeypatch, capsys):
    server.token = "second-token"
    file = tmp_path / "token"
    file.write_text("first-token\n")
    monkeypatch.setenv("PROBAND_TRACKING_TOKEN_FILE", str(file))
    recorded = Recorded(tmp_path)
    curve(recorded.tracker, 1, 5)
    with pytest.raises(Away, match="Unauthorized"):
        recorded.outbox.send()
    assert not server.runs
    file.write_text("second-token\n")
    recorded.outbox.send()
    assert server.root.steps("loss") == [1, 2, 3, 4, 5]
    left = capsys.readouterr().out + "".join(path.read_text() for path in recorded.folder.iterdir())
    assert "-token" not in left


def test_a_record_that_is_refused_for_good_is_dropped_and_the_others_go(server, tmp_path, capsys):
    recorded = Recorded(tmp_path)
    recorded.tracker.params({"seed": 1})
    recorded.tracker.artifact("output", "never-written.json")
    curve(recorded.tracker, 1, 5)
    server.faults, server.fault_on = [(400, {}, b'{"error_code":"INVALID_PARAMETER_VALUE","message":"secret value 17"}')], "runs/log-batch"
    recorded.outbox.send()
    assert server.root.steps("loss") == [1, 2, 3, 4, 5] and server.root.params == {}
    assert recorded.state()["sent"] == 1
    assert capsys.readouterr().out == "the tracker refuses records: INVALID_PARAMETER_VALUE\n"


def test_a_tracker_that_is_away_to_the_end_costs_no_failure_and_is_counted(server, tmp_path, capfd):
    server.shutdown()
    server.server_close()  # nobody listens any more
    started = time.monotonic()
    with tracked(Job(tmp_path / "in", tmp_path / "out", tmp_path / "ck", {"model": "warfarin", "seed": "1"}), "train") as tracker:
        curve(tracker, 1, 50)
        recorded_s = time.monotonic() - started
    assert recorded_s < 1
    report = json.loads((tmp_path / "ck" / FOLDER / "report.json").read_text())
    assert report == {"runId": None, "records": 6, "sent": 0, "dropped": 6, "reason": "no connection"}
    said = [json.loads(line)["message"] for line in capfd.readouterr().out.splitlines()]
    assert said[0] == "tracking: no connection; records wait" and said[-1] == "tracking: 6 of 6 records dropped: no connection"
    assert len(said) == 2
    # what is left there can still be sent by hand
    again = TrackingServer()
    command = [sys.executable, "-m", "virtual_patient.tracking.sender", "train", "warfarin", str(tmp_path / "out"), str(tmp_path / "ck")]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "MLFLOW_TRACKING_URI": again.url}
    subprocess.run(command, input="end\n", env=environment, text=True, check=True, timeout=120)
    assert again.root.steps("loss") == list(range(1, 51)) and again.root.status == "FINISHED"
    again.shutdown()
    again.server_close()


def test_a_job_that_fails_leaves_a_failed_run(server, tmp_path):
    with pytest.raises(ZeroDivisionError), tracked(Job(tmp_path / "in", tmp_path / "out", tmp_path / "ck", {"model": "warfarin"}), "train"):
        1 / 0
    assert server.root.status == "FAILED"


def train(folder: Path, cohort: Path, settings: dict) -> subprocess.Popen:
    folder.mkdir(exist_ok=True)
    write_json(folder / "parameters.json", settings)
    command = [sys.executable, "-m", "virtual_patient.train", "--parameters", str(folder / "parameters.json"), "--input", str(cohort)]
    command += ["--output", str(folder / "output"), "--checkpoints", str(folder / "checkpoints")]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_a_training_killed_and_started_again_is_one_run_with_every_step_once(server, tmp_path, cohort_folder, settings, trained):
    server.token = TOKEN
    job = train(tmp_path, cohort_folder, settings)
    for line in job.stdout:
        if "hybrid: step 100" in line:
            break
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    again = train(tmp_path, cohort_folder, settings)
    out, err = again.communicate(timeout=300)
    assert again.returncode == 0, err
    assert TOKEN not in out + err
    report = json.loads((tmp_path / "checkpoints" / FOLDER / "report.json").read_text())
    assert report["dropped"] == 0 and report["sent"] == report["records"] and report["runId"] == server.root.id

    root, folds = server.root, ("S0", "S1", "S2", "S3", "validation split", "all development patients")
    assert (root.name, root.status) == (NAME, "FINISHED")
    assert root.params.items() >= {**settings, "dataset_id": f"ds_{'a1' * 32}", "context_of_use": "dose-decision-support"}.items()
    assert root.tags["mlflow.source.git.commit"] == "c0ffee" and root.tags["proband.run_id"] == NAME
    assert all(re.fullmatch("[0-9a-f]{64}", root.tags[f"proband.train.{name}.sha256"]) for name in ("code", "environment"))
    assert {one["dataset"]["digest"] for one in root.inputs} >= {("a1" * 32)[:36]}
    parts = {run.tags["proband.part"]: run for run in server.runs.values() if run is not root}
    assert parts.keys() == {*(f"fold {fold}" for fold in folds), "member 1", "member 2", "member 3"}
    assert parts["fold S1"].tags["mlflow.parentRunId"] == root.id
    assert parts["member 1"].tags["mlflow.parentRunId"] == parts["fold all development patients"].id
    for run in (root, *parts.values()):
        for model in ("hybrid", "log-linear"):
            assert sorted(run.steps(f"{model}/train_loss")) == list(range(1, 151)), run.name
        assert run.status == "FINISHED"
    assert sorted(parts["fold S1"].steps("hybrid/validation_loss")) == [50, 100, 150]
    assert parts["fold all development patients"].steps("hybrid/validation_loss") == []
    history = json.loads((trained / "history.json").read_text())
    by_step = {int(one["step"]): one["value"] for one in parts["fold S1"].metrics if one["key"] == "hybrid/train_loss"}
    assert [by_step[step] for step in (50, 100, 150)] == pytest.approx([row[1] for row in history["hybrid"]], abs=1e-5)

    files = {path.partition("/artifacts/")[2]: content for path, content in server.files.items() if root.id in path}
    assert files.keys() == {"model.json", "history.json", "model.npz", "dose.onnx", "course.onnx", "checkpoints/hybrid.ckpt", "checkpoints/log_linear.ckpt"}
    for name in ("model.json", "history.json", "model.npz", "dose.onnx", "course.onnx"):
        assert files[name] == (trained / name).read_bytes(), name
    assert {(model["name"], model["status"]) for model in server.models.values()} == {("dose", "LOGGED_MODEL_READY"), ("course", "LOGGED_MODEL_READY")}
    assert {model["model_id"] for model in root.outputs} == server.models.keys()
    (dose,) = (model_id for model_id, model in server.models.items() if model["name"] == "dose")
    document = yaml.safe_load(server.files[f"1/models/{dose}/artifacts/MLmodel"])
    assert document["flavors"]["python_function"]["loader_module"] == "mlflow.onnx" and document["model_id"] == dose
    assert [(one["name"], one["tensor-spec"]["shape"]) for one in json.loads(document["signature"]["inputs"])] == [("features", [-1, 34]), ("target_inr", [-1])]
    assert server.files[f"1/models/{dose}/artifacts/model.onnx"] == (trained / "dose.onnx").read_bytes()
