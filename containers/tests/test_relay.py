"""What a job without a connection recorded, sent afterwards: the tracker holds what it holds of a job that sends by itself."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.test_tracking import SOURCE, TOKEN, TrackingServer, curve, server, train  # noqa: F401 (a fixture is used by its name)
from virtual_patient import relay as entry
from virtual_patient.job import Job, write_json
from virtual_patient.tracking import sender
from virtual_patient.tracking.sender import Away
from virtual_patient.tracking.spool import FOLDER, RECORDS, REPORT, STATE, read
from virtual_patient.tracking.tracker import tracked


def held(server: TrackingServer) -> dict:
    """What a tracker holds now, doubles included, by names in place of the ids that it gives."""
    names = {run.id: run.tags.get("proband.part", run.name) for run in server.runs.values()}
    names |= {model_id: model["name"] for model_id, model in server.models.items()}

    def named(value: str) -> str:
        return re.sub(r"m-[0-9a-f]{32}|\b[0-9a-f]{32}\b", lambda found: names.get(found[0], found[0]), value)

    def runs() -> dict:
        return {
            names[run.id]: {
                "status": run.status, "start": run.start_time, "params": dict(run.params), "inputs": list(run.inputs),
                "tags": {key: named(value) for key, value in run.tags.items()},
                "metrics": sorted((one["key"], int(one.get("step", 0)), one["timestamp"], str(one["value"])) for one in run.metrics),
                "outputs": sorted(names[one["model_id"]] for one in run.outputs),
            }
            for run in server.runs.values()
        }  # fmt: skip

    def content(path: str, raw: bytes) -> bytes:
        # the model's description says when it was written, and its ids
        return re.sub(r"(?m)^(utc_time_created|model_uuid):.*$", "", named(raw.decode())).encode() if path.endswith("MLmodel") else raw

    assert len(names) == len(server.runs) + len(server.models), "no part and no model stands there twice"
    return {
        "runs": runs(),
        "models": sorted((model["name"], model["status"], named(model["source_run_id"]), json.dumps(model["tags"])) for model in server.models.values()),
        "files": {named(path): content(path, raw) for path, raw in server.files.items()},
    }


def relay(folder: Path, url: str, **variables: str) -> subprocess.Popen:
    """The entry point over a run's folders: `checkpoints` and `run` as the jobs left them, its own `output` and `kept`."""
    write_json(folder / "relay.json", {"model": "warfarin", "train": "train", "evaluate": "evaluate"})
    (folder / "input").mkdir(exist_ok=True)
    for channel in ("checkpoints", "run"):
        (folder / "input" / channel).exists() or (folder / "input" / channel).symlink_to(folder / channel)
    command = [sys.executable, "-m", "virtual_patient.relay", "--parameters", str(folder / "relay.json"), "--input", str(folder / "input")]
    command += ["--output", str(folder / "output"), "--checkpoints", str(folder / "kept")]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "MLFLOW_TRACKING_URI": url, **variables}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def relayed(folder: Path, url: str, **variables: str) -> dict:
    job = relay(folder, url, **variables)
    out, err = job.communicate(timeout=300)
    assert job.returncode == 0, err
    assert TOKEN not in out + err
    return json.loads((folder / "output" / REPORT).read_text())


@pytest.fixture
def other():
    running = TrackingServer()
    yield running
    running.shutdown()
    running.server_close()


def recorded(folder: Path, kind: str = "train") -> None:
    """A job without a connection, its folders laid out as a run's lie in the artifacts."""
    os.environ["PROBAND_TRACKING"] = "spool"
    try:
        (folder / "run" / kind).mkdir(parents=True)
        job = Job(folder / "in", folder / "run" / kind, folder / "checkpoints" / kind, {"model": "warfarin", "seed": "1"})
        with tracked(job, kind) as tracker:
            assert tracker.active
            tracker.part("fold S1", held_out="S1")
            for part in ("", "fold S1"):
                for first in range(1, 2400, 50):
                    curve(tracker, first, first + 49, part)
            (job.output / "model.json").write_text("{}")
            tracker.artifact("output", "model.json")
    finally:
        del os.environ["PROBAND_TRACKING"]


def test_a_job_without_a_connection_records_everything_and_calls_nobody(server, tmp_path, monkeypatch):
    recorded(tmp_path)
    assert server.calls == []
    folder = tmp_path / "checkpoints" / "train" / FOLDER
    records = [record for _, record in read(folder / RECORDS, 0)]
    assert {record["kind"] for record in records} >= {"spool", "context", "part", "params", "metrics", "artifact", "end"}
    assert json.loads((folder / REPORT).read_text()) == {"runId": None, "records": len(records) - 1, "sent": 0, "dropped": 0, "reason": None}
    assert not (folder / STATE).exists()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    recorded(tmp_path / "without-address")
    assert (tmp_path / "without-address" / "checkpoints" / "train" / FOLDER / RECORDS).is_file()


def test_the_evaluation_goes_on_in_the_trainings_run(server, tmp_path):
    for kind in ("train", "evaluate"):
        recorded(tmp_path, kind)
    report = relayed(tmp_path, server.url)
    assert report.keys() == {"train", "evaluate"}
    for one in report.values():
        assert (one["runId"], one["dropped"], one["reason"]) == (server.root.id, 0, None) and one["sent"] == one["records"]
    assert server.root.tags.keys() >= {"proband.train.code.sha256", "proband.evaluate.code.sha256"}
    assert server.root.status == "FINISHED"


def test_relayed_twice_with_and_without_its_state_nothing_is_doubled(server, tmp_path):
    recorded(tmp_path)
    relayed(tmp_path, server.url)
    once = held(server)
    calls = len(server.calls)
    relayed(tmp_path, server.url)
    assert len(server.calls) - calls < 12, "with its state only the run is looked for"
    shutil.rmtree(tmp_path / "kept")
    relayed(tmp_path, server.url)
    assert held(server) == once


@pytest.mark.parametrize("keeps_state", [True, False])
def test_killed_in_the_middle_and_run_again_it_is_the_same(server, other, tmp_path, keeps_state):
    for kind in ("train", "evaluate"):
        recorded(tmp_path, kind)
    relayed(tmp_path, other.url)
    shutil.rmtree(tmp_path / "kept")
    whole = len(other.calls)
    for after in (whole // 3, whole - 3):
        job = relay(tmp_path, server.url)
        until = len(server.calls) + after
        while len(server.calls) < until and job.poll() is None:
            time.sleep(0.001)
        os.killpg(job.pid, signal.SIGKILL)
        job.communicate()
        if not keeps_state:
            shutil.rmtree(tmp_path / "kept", ignore_errors=True)
    relayed(tmp_path, server.url)
    assert held(server) == held(other)


def test_a_tracker_that_stays_away_is_a_fault_and_what_was_sent_is_kept(server, tmp_path, monkeypatch):
    recorded(tmp_path)
    server.faults, server.fault_on = [(503, {}, b"{}")] * 1000, "runs/log-batch"
    monkeypatch.setattr(entry, "PATIENCE_S", 1.0)
    (tmp_path / "input").mkdir()
    for channel in ("checkpoints", "run"):
        (tmp_path / "input" / channel).symlink_to(tmp_path / channel)
    job = Job(tmp_path / "input", tmp_path / "output", tmp_path / "kept", {"model": "warfarin", "train": "train", "evaluate": "evaluate"})
    with pytest.raises(Away, match="HTTP 503"):
        entry.run(job)
    assert json.loads((tmp_path / "kept" / "train.json").read_text())["runId"] == server.root.id
    server.faults = []
    entry.run(job)
    assert server.root.steps("loss") == list(range(1, 2401))


def test_the_machine_is_sampled_without_a_connection_and_its_steps_count_from_the_runs_begin(server, tmp_path, monkeypatch):
    recorded(tmp_path)
    records = tmp_path / "checkpoints" / "train" / FOLDER / RECORDS
    recorder = sender.Recorder(records, "train")
    recorder.sample()
    assert all(record["kind"] != "system" for _, record in read(records, 0)), "not before ten seconds"
    monkeypatch.setattr(sender, "SAMPLE_S", 0)
    recorder.sample()
    monkeypatch.undo()
    lines = [record for _, record in read(records, 0)]
    assert lines[-1]["kind"] == "system"
    lines[-1]["at"] = lines[0]["at"] + 25_000
    records.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    monkeypatch.setenv("PROBAND_RUN_ID", "run_sampled")
    outbox = sender.Outbox(records.parent, "train", "warfarin", {"output": tmp_path / "run" / "train", "checkpoints": tmp_path / "checkpoints" / "train"})
    outbox.send()
    assert server.root.steps("system/cpu_utilization_percentage") == [2]


def test_without_an_address_it_is_said_in_one_line(tmp_path):
    recorded(tmp_path)
    job = relay(tmp_path, "")
    _, err = job.communicate(timeout=60)
    assert (job.returncode, err) == (2, "error: MLFLOW_TRACKING_URI: not set, allowed: the http or https address of the tracker\n")


def test_a_training_relayed_is_what_the_training_sent_by_itself(server, other, tmp_path, cohort_folder, settings, trained, monkeypatch):
    """The same records both ways: sent while they were written, and afterwards from the checkpoints as if nothing had been sent."""
    image = f"virtual-patient@sha256:{'a' * 64}"
    monkeypatch.setenv("PROBAND_IMAGE", image)
    job = train(tmp_path / "job", cohort_folder, settings)
    _, err = job.communicate(timeout=300)
    assert job.returncode == 0, err
    (tmp_path / "run").mkdir()
    shutil.copytree(tmp_path / "job" / "output", tmp_path / "run" / "train")
    shutil.copytree(tmp_path / "job" / "checkpoints", tmp_path / "checkpoints" / "train")
    for name in (STATE, REPORT):
        (tmp_path / "checkpoints" / "train" / FOLDER / name).unlink()
    report = relayed(tmp_path, other.url)["train"]
    direct = json.loads((tmp_path / "job" / "checkpoints" / FOLDER / REPORT).read_text())
    assert (report["sent"], report["dropped"]) == (direct["sent"], 0)
    assert held(other) == held(server)
    assert server.root.tags["proband.train.image"] == image
    said = [json.loads((folder / "model.json").read_text())["image"] for folder in (tmp_path / "job" / "output", trained)]
    assert said == [{"reference": image, "digest": f"sha256:{'a' * 64}"}, None], "where nobody says it, it is null"
    assert len(held(other)["files"]) == 7 + 2 * 4 and len(other.runs) == 1 + 6 + 3


def test_requests_are_signed_as_api_gateway_asks_of_a_role(tmp_path, other, monkeypatch):
    recorded(tmp_path)
    asked: list[tuple] = []
    seen = other.RequestHandlerClass._handle

    class Signed(other.RequestHandlerClass):
        def _handle(self):
            read_body, self.rfile = self.rfile.read(int(self.headers.get("Content-Length", 0))), None
            asked.append((self.command, self.path, dict(self.headers), read_body))
            self.rfile = io.BytesIO(read_body)
            return seen(self)

        do_GET = do_POST = do_PATCH = do_PUT = _handle

    other.RequestHandlerClass = Signed
    credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session", "AWS_DEFAULT_REGION": "eu-central-1"}
    relayed(tmp_path, other.url, MLFLOW_TRACKING_AUTH="aws-sigv4", PROBAND_RUN_ID="run_of a role", **credentials)
    assert {method for method, *_ in asked} == {"GET", "POST", "PUT"}
    for method, path, headers, body in asked:
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/eu-central-1/execute-api/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})", headers["Authorization"])
        assert found and headers["X-Amz-Security-Token"] == "session"
        again = AWSRequest(method, f"{other.url}{path}", data=body, headers={name: headers[name] for name in ("X-Amz-Date", "X-Amz-Security-Token")})
        again.context["timestamp"] = headers["X-Amz-Date"]
        signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret", "session"), "execute-api", "eu-central-1")
        assert signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again) == found[3], f"{method} {urlsplit(path).path}"
