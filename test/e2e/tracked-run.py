"""Records of tracked runs, brought to the tracker by different ways. Prints one JSON object; the assertions stand in relay.ts.

environment: HOME_URI (the project of this installation's trainings), FRESH_URI (the address of a project, to which a number is added), SERVICE_URI (the home project
for the platform's own role), TOKEN, ENDPOINT, BUCKET, LIVE (a run whose jobs sent by themselves), RELAYED (one that the state machine's relay sent), MODEL, FOLDER (scratch).
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

os.environ |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60", "MLFLOW_DISABLE_TELEMETRY": "true"}

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.artifacts import download_artifacts  # noqa: E402

HOME_URI, FRESH_URI, SERVICE_URI, BUCKET, MODEL, LIVE, RELAYED = (
    os.environ[name] for name in ("HOME_URI", "FRESH_URI", "SERVICE_URI", "BUCKET", "MODEL", "LIVE", "RELAYED")
)
FOLDER = Path(os.environ["FOLDER"])
KINDS = ("train", "evaluate")
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["TOKEN"]
s3 = boto3.client("s3", endpoint_url=os.environ["ENDPOINT"], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=Config(s3={"addressing_style": "path"}))


def fetch(run: str) -> Path:
    """What the run's jobs left: its artifacts, and its checkpoints as a job without a connection leaves them."""
    folder = FOLDER / run
    for channel, prefix in (("run", f"runs/{run}/"), ("checkpoints", f"checkpoints/{run}/")):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for entry in page["Contents"]:
                path = folder / "input" / channel / entry["Key"].removeprefix(prefix)
                path.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(BUCKET, entry["Key"], str(path))
    for kind in KINDS:
        for name in ("state.json", "report.json"):
            (folder / "input" / "checkpoints" / kind / "tracking" / name).unlink(missing_ok=True)
    (folder / "parameters.json").write_text(json.dumps({"model": MODEL, "train": "train", "evaluate": "evaluate"}))
    return folder


def start(module: str, arguments: list[str], uri: str, run: str, **variables: str) -> subprocess.Popen:
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri, "PROBAND_RUN_ID": run, "MLFLOW_EXPERIMENT_NAME": MODEL} | variables
    return subprocess.Popen([sys.executable, "-m", module, *arguments], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def relay(folder: Path, uri: str, run: str, **variables: str) -> subprocess.Popen:
    arguments = ["--input", str(folder / "input"), "--output", str(folder / "output"), "--checkpoints", str(folder / "kept"), "--parameters", str(folder / "parameters.json")]
    return start("virtual_patient.relay", arguments, uri, run, **variables)


def finished(job: subprocess.Popen, said: str | None = None) -> None:
    out, _ = job.communicate(said, timeout=300)
    assert job.returncode == 0, out


def killed(folder: Path, uri: str, run: str) -> int:
    """A relay that is killed as soon as it has sent some metrics, and forgets how far it came. Answers how many runs it left."""
    job, client = relay(folder, uri, run), MlflowClient(uri)
    while job.poll() is None:
        experiment = client.get_experiment_by_name(MODEL)
        runs = client.search_runs([experiment.experiment_id]) if experiment else []
        if any(run.data.metrics for run in runs):
            break
        time.sleep(0.1)
    assert job.poll() is None, "the relay ended before it could be killed"
    os.killpg(job.pid, signal.SIGKILL)
    job.communicate()
    shutil.rmtree(folder / "kept", ignore_errors=True)
    return len(runs)


def held(uri: str, run: str) -> dict:
    """Everything that the tracker holds of the run, by names in place of the ids that it gives."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(MODEL).experiment_id
    (root,) = client.search_runs([experiment], f"tags.`proband.run_id` = '{run}'")
    parts = client.search_runs([experiment], f"tags.`proband.root_run_id` = '{root.info.run_id}'", max_results=1000)
    names = {root.info.run_id: "run"} | {part.info.run_id: part.data.tags["proband.part"] for part in parts}
    assert len(set(names.values())) == len(names), "no part stands there twice"
    models = {model_id.model_id: client.get_logged_model(model_id.model_id) for model_id in root.outputs.model_outputs}
    names |= {model_id: model.name for model_id, model in models.items()}

    def named(text: str) -> str:
        return re.sub(r"m-[0-9a-f]{32}|\b[0-9a-f]{32}\b", lambda found: names.get(found[0], found[0]), text)

    def content(path: Path) -> str:
        raw = path.read_bytes()
        if path.name == "MLmodel":  # says when it was written, and its ids
            raw = re.sub(r"(?m)^(utc_time_created|model_uuid):.*$", "", named(raw.decode())).encode()
        return hashlib.sha256(raw).hexdigest()

    def files(folder: str) -> dict:
        return {path.relative_to(folder).as_posix(): content(path) for path in sorted(Path(folder).rglob("*")) if path.is_file()}

    def run_of(found) -> dict:
        info, data = found.info, found.data
        return {
            "name": info.run_name, "status": info.status, "start": info.start_time, "end": info.end_time, "params": data.params,
            "tags": {key: named(value) for key, value in data.tags.items()},
            "metrics": {name: sorted([one.step, one.timestamp, repr(one.value)] for one in client.get_metric_history(info.run_id, name)) for name in sorted(data.metrics)},
            "inputs": sorted(json.dumps([one.dataset.to_dictionary(), [[tag.key, tag.value] for tag in one.tags]]) for one in found.inputs.dataset_inputs),
            "outputs": sorted(names[one.model_id] for one in found.outputs.model_outputs),
        }  # fmt: skip

    artifacts = FOLDER / "downloads" / hashlib.sha256(f"{uri} {run} {time.time()}".encode()).hexdigest()[:12]
    artifacts.mkdir(parents=True)
    client.download_artifacts(root.info.run_id, "", str(artifacts))
    return {
        "runs": {names[found.info.run_id]: run_of(client.get_run(found.info.run_id)) for found in (root, *parts)},
        "artifacts": files(str(artifacts)),
        "models": {
            model.name: {"status": str(model.status), "tags": {key: named(value) for key, value in model.tags.items()}, "params": model.params, "files": model_files(client, model, files)}
            for model in models.values()
        },
    }


def model_files(client: MlflowClient, model, files) -> dict:
    folder = FOLDER / "downloads" / f"{model.model_id}-{time.time_ns()}"
    folder.mkdir(parents=True)
    download_artifacts(artifact_uri=model.artifact_location, dst_path=str(folder), tracking_uri=client.tracking_uri)
    return files(str(folder))


live, relayed = fetch(LIVE), fetch(RELAYED)
by_machine = held(HOME_URI, RELAYED)

left = killed(live, f"{FRESH_URI}-1", LIVE)
finished(relay(live, f"{FRESH_URI}-1", LIVE))

for each in KINDS:
    arguments = [each, MODEL, str(relayed / "input" / "run" / each), str(relayed / "input" / "checkpoints" / each)]
    finished(start("virtual_patient.tracking.sender", arguments, f"{FRESH_URI}-2", RELAYED), "end\n")

role = {"MLFLOW_TRACKING_AUTH": "aws-sigv4", "MLFLOW_TRACKING_TOKEN": "", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
for each in KINDS:
    (relayed / "input" / "checkpoints" / each / "tracking" / "state.json").unlink()  # the sender's, from just now
finished(relay(relayed, SERVICE_URI, RELAYED, **role))

print(
    json.dumps(
        {
            "left": left,
            "live": held(HOME_URI, LIVE),
            "liveRelayed": held(f"{FRESH_URI}-1", LIVE),
            "byMachine": by_machine,
            "byHand": held(f"{FRESH_URI}-2", RELAYED),
            "again": held(HOME_URI, RELAYED),
        }
    )
)
