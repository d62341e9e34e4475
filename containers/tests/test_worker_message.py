"""What a worker takes for a job, and what it says of a job that failed."""

import copy
import json
import stat
import sys
from pathlib import Path

import pytest

from virtual_patient.worker.execution import Ended, Execution
from virtual_patient.worker.handling import _variables
from virtual_patient.worker.message import InvalidMessage, Location, parse_message, task_token_of

SHA = "a" * 64
MESSAGE = {
    "taskToken": "token",
    "job": {
        "id": "run-1-train",
        "kind": "train",
        "inputs": {
            "features": "s3://lake/features/run-1/",
            "model": [{"uri": "s3://artifacts/runs/1/dose.onnx", "versionId": "v1", "sha256": SHA, "path": "dose.onnx"}],
        },
        "output": "s3://artifacts/runs/run-1/train/",
        "checkpoints": "s3://artifacts/checkpoints/run-1/train/",
        "parameters": {"seed": "3"},
    },
}


def changed(path: list, value) -> str:
    message = copy.deepcopy(MESSAGE)
    at = message
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return json.dumps(message)


def test_a_message_is_read():
    job = parse_message(json.dumps(MESSAGE))
    assert (job.task_token, job.id, job.kind, job.parameters) == ("token", "run-1-train", "train", {"seed": "3"})
    assert job.inputs["features"] == Location("lake", "features/run-1/")
    assert job.inputs["model"][0].path == "dose.onnx" and job.inputs["model"][0].sha256 == SHA


def test_the_digest_is_of_the_job_alone_and_of_all_of_it():
    digest = parse_message(json.dumps(MESSAGE)).digest
    assert parse_message(changed(["taskToken"], "another")).digest == digest
    reordered = {"taskToken": "token", "job": dict(reversed(MESSAGE["job"].items()))}
    assert parse_message(json.dumps(reordered)).digest == digest
    assert parse_message(changed(["job", "parameters", "seed"], "4")).digest != digest


def test_where_a_job_is_tracked_is_not_what_it_does():
    """A new address or token makes no new job of it."""
    tracked = copy.deepcopy(MESSAGE) | {"trackingToken": "a.b-c"}
    tracked["job"]["environment"] = {"MLFLOW_TRACKING_URI": "https://tracker.example/mlflow/default", "PROBAND_RUN_ID": "run_1"}
    job = parse_message(json.dumps(tracked))
    assert job.digest == parse_message(json.dumps(MESSAGE)).digest
    assert job.environment == tracked["job"]["environment"]
    assert job.tracking_token == "a.b-c" and "a.b-c" not in repr(job)


def test_the_token_goes_by_a_file_that_only_the_worker_reads(tmp_path):
    job = parse_message(json.dumps(MESSAGE | {"trackingToken": "a.b-c"}))
    variables = _variables(job, tmp_path)
    file = Path(variables["PROBAND_TRACKING_TOKEN_FILE"])
    assert file.read_text() == "a.b-c" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "a.b-c" not in variables.values()
    assert _variables(parse_message(json.dumps(MESSAGE)), tmp_path) == {}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (changed(["job", "environment"], {"LD_PRELOAD": "x.so"}), 'job.environment: "LD_PRELOAD", allowed: MLFLOW_EXPERIMENT_NAME, '),
        (changed(["job", "environment"], {"PROBAND_RUN_ID": 3}), "job.environment: allowed: one flat object of texts"),
        (changed(["trackingToken"], "two\nlines"), "trackingToken: allowed: a bearer token"),
        ("{", "message: not JSON"),
        ("[]", "allowed: an object with taskToken and job"),
        (json.dumps({"job": MESSAGE["job"]}), "taskToken"),
        (changed(["job", "id"], "../x"), 'job.id: "../x"'),
        (changed(["job", "kind"], "rm"), 'job.kind: "rm", allowed: train, evaluate, simulate, relay'),
        (changed(["job", "output"], "s3://artifacts/runs"), "allowed: s3://bucket/prefix/"),
        (changed(["job", "checkpoints"], "file:///etc/"), "job.checkpoints"),
        (changed(["job", "inputs", "features"], "features"), "job.inputs.features"),
        (changed(["job", "inputs", "model", 0, "path"], "../../etc/passwd"), "job.inputs.model[0].path"),
        (changed(["job", "inputs", "model", 0, "path"], "/etc/passwd"), "job.inputs.model[0].path"),
        (changed(["job", "inputs", "model", 0, "path"], "a/../b"), "job.inputs.model[0].path"),
        (changed(["job", "inputs", "model", 0, "sha256"], "123"), "job.inputs.model[0].sha256"),
        (changed(["job", "inputs", "model"], []), "allowed: 1-10000"),
        (changed(["job", "inputs"], {"../x": "s3://lake/a/"}), "job.inputs"),
        (changed(["job", "parameters"], {"a": {"b": 1}}), "job.parameters: allowed: one flat object"),
    ],
)
def test_what_is_no_job_is_refused_in_one_line(body, named):
    with pytest.raises(InvalidMessage) as raised:
        parse_message(body)
    assert named in str(raised.value) and "\n" not in str(raised.value)


def test_the_token_of_a_refused_message_is_still_found():
    assert task_token_of(changed(["job", "kind"], "rm")) == "token"
    assert task_token_of("{") is None and task_token_of("[]") is None and task_token_of('{"taskToken": 3}') is None


def ended(code: int, *stderr: str) -> Ended:
    return Ended(code, 1.0, 10.0, stderr)


def test_success_is_no_failure():
    assert ended(0).failure is None


def test_bad_input_says_the_jobs_own_line():
    assert ended(2, "warning: x", "error: seed 'x', allowed: 0-9").failure == ("InvalidInput", "seed 'x', allowed: 0-9")


def test_a_fault_names_type_and_place_but_not_the_message():
    traceback = ("Traceback (most recent call last):", '  File "/a/fit.py", line 12, in fit', "    x = rows[0]", "ValueError: could not convert 'Jane Doe'")
    assert ended(1, *traceback).failure == ("JobFault", "exit code 1: ValueError at fit.py:12")


def test_a_fault_without_traceback_quotes_nothing():
    assert ended(1, "Jane Doe: is not a number").failure == ("JobFault", "exit code 1")
    assert ended(-9).failure == ("JobFault", "ended by signal 9")


def test_an_execution_reports_its_progress_its_failure_and_no_credentials(tmp_path, monkeypatch):
    """A real entry point with an unreadable parameter file."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    (tmp_path / "parameters.json").write_text("{")
    execution = Execution("simulate", tmp_path, {})
    assert "AWS_SECRET_ACCESS_KEY" not in open(f"/proc/{execution.pid}/environ").read() if sys.platform == "linux" else True
    while execution.poll() is None:
        pass
    name, cause = execution.poll().failure
    assert name == "InvalidInput" and "not JSON" in cause
    assert execution.poll().peak_memory_mib > 1


def test_stopping_ends_the_whole_group(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    (tmp_path / "parameters.json").write_text("{}")
    execution = Execution("simulate", tmp_path, {})
    execution.stop()
    assert execution.poll().exit_code < 0
