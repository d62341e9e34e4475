"""The worker against a real queue, buckets and state machine of the local emulator."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

SOURCE = Path(__file__).parents[1] / "src"
EU_PACT = Path(__file__).parents[2] / "config" / "trials" / "eu-pact.json"
BUCKET = "jobs-test"
VISIBILITY_S = 6
PATIENCE_S = 240


class Cloud:
    """One emulator with a queue, a bucket, and a state machine that waits for workers."""

    def __init__(self, endpoint: str, folder: Path):
        self.endpoint, self.folder = endpoint, folder
        self.environment = {
            **os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "PYTHONPATH": str(SOURCE),
        }  # fmt: skip
        session = boto3.session.Session("test", "test", region_name="us-east-1")
        self.sqs, self.s3, self.states = (
            session.client(name, endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"})) for name in ("sqs", "s3", "stepfunctions")
        )
        self.queue = self.sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": str(VISIBILITY_S)})["QueueUrl"]
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        definition = {
            "StartAt": "Job",
            "States": {
                "Job": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                    "Parameters": {"QueueUrl": self.queue, "MessageBody": {"taskToken.$": "$$.Task.Token", "job.$": "$.job"}},
                    "End": True,
                }
            },
        }
        self.machine = self.states.create_state_machine(
            name="job", definition=json.dumps(definition), roleArn="arn:aws:iam::000000000000:role/states"
        )["stateMachineArn"]

    def put_channel(self, name: str, folder: Path) -> str:
        for path in folder.iterdir():
            self.s3.put_object(Bucket=BUCKET, Key=f"inputs/{name}/{path.name}", Body=path.read_bytes())
        return f"s3://{BUCKET}/inputs/{name}/"

    def start(self, job: dict) -> str:
        return self.states.start_execution(stateMachineArn=self.machine, input=json.dumps({"job": job}))["executionArn"]

    def ended(self, execution: str) -> dict:
        return wait_for(lambda: (found := self.states.describe_execution(executionArn=execution))["status"] != "RUNNING" and found)

    def failure(self, execution: str) -> tuple[str, str]:
        found = self.ended(execution)
        assert found["status"] == "FAILED"
        events = self.states.get_execution_history(executionArn=execution)["events"]
        details = next(event["executionFailedEventDetails"] for event in events if "executionFailedEventDetails" in event)
        return details["error"], details["cause"]

    def keys(self, prefix: str) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def json(self, key: str) -> dict:
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def waiting(self) -> tuple[int, int]:
        """Messages that are visible, and that are in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return tuple(int(found[name]) for name in names)

    @contextmanager
    def worker(self, *flags: str):
        log = self.folder / f"worker-{uuid.uuid4().hex[:6]}.log"
        with log.open("w") as stderr:
            command = [sys.executable, "-m", "virtual_patient.worker", "--queue-url", self.queue, "--endpoint-url", self.endpoint, "--work", str(self.folder / "work"), *flags]
            process = subprocess.Popen(command, env=self.environment, stderr=stderr, stdout=subprocess.DEVNULL)
            process.log = lambda: [json.loads(line) for line in log.read_text().splitlines()]
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.terminate()
                assert process.wait(timeout=60) in (0, -signal.SIGKILL), log.read_text()


def wait_for(condition, seconds: float = PATIENCE_S, every: float = 0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cloud")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local",
        "CLOUDTRAIL_RECORDING": "0", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "TMPDIR": str(folder),
    }  # fmt: skip
    with (folder / "emulator.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, stdout=log, stderr=log)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{endpoint}/_ministack/health"), seconds=60)
        yield Cloud(endpoint, folder)
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def features(cloud, cohort_folder) -> str:
    return cloud.put_channel("features", cohort_folder / "features")


@pytest.fixture(scope="module")
def simulation(cloud, features, trained) -> dict:
    design = json.loads(EU_PACT.read_text()) | {"sensitivity": []}
    return {
        "id": "trial-1-simulate",
        "kind": "simulate",
        "inputs": {"features": features, "model": cloud.put_channel("model", trained)},
        "output": f"s3://{BUCKET}/trials/1/",
        "checkpoints": f"s3://{BUCKET}/checkpoints/trial-1/",
        "parameters": {"model": "warfarin", "seed": "7", "patientsPerArm": "20", "design": json.dumps(design)},
    }


def training(features: str, settings: dict, name: str) -> dict:
    return {
        "id": f"{name}-train",
        "kind": "train",
        "inputs": {"features": features},
        "output": f"s3://{BUCKET}/runs/{name}/train/",
        "checkpoints": f"s3://{BUCKET}/checkpoints/{name}/train/",
        "parameters": settings,
    }


def process_is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def started(worker) -> dict | None:
    return next((entry for entry in worker.log() if entry["event"] == "job started"), None)


@pytest.fixture(scope="module")
def running(cloud):
    with cloud.worker() as worker:
        yield worker


@pytest.fixture(scope="module")
def done(cloud, running, simulation) -> dict:
    found = cloud.ended(cloud.start(simulation))
    assert found["status"] == "SUCCEEDED", running.log()
    return json.loads(found["output"])


def test_the_answer_pins_what_the_job_left(cloud, done):
    assert done["jobId"] == "trial-1-simulate" and done["output"] == f"s3://{BUCKET}/trials/1/"
    assert done["seconds"] > 0 and done["peakMemoryMiB"] > 50
    assert done["code"]["version"] and done["code"]["packages"]["jax"]
    reference = done["manifest"]
    body = cloud.s3.get_object(Bucket=BUCKET, Key=reference["key"], VersionId=reference["versionId"])["Body"].read()
    assert hashlib.sha256(body).hexdigest() == reference["sha256"]
    files = json.loads(body)["files"]
    assert [file["path"] for file in files] == ["result.json"]
    for file in files:
        content = cloud.s3.get_object(Bucket=BUCKET, Key=f"trials/1/{file['path']}", VersionId=file["versionId"])["Body"].read()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])


def test_progress_lies_beside_the_output(cloud, done):
    assert cloud.json("trials/1/progress.json")["progress"] == 1.0


def test_the_message_is_gone(cloud, done):
    wait_for(lambda: cloud.waiting() == (0, 0), seconds=20)


def test_the_same_job_again_does_nothing_again(cloud, running, simulation, done):
    starts = sum(entry["event"] == "job started" for entry in running.log())
    assert json.loads(cloud.ended(cloud.start(simulation))["output"]) == done
    assert sum(entry["event"] == "job started" for entry in running.log()) == starts


def test_bad_input_fails_the_task_with_the_jobs_line(cloud, running, simulation):
    bad = simulation | {"id": "bad", "output": f"s3://{BUCKET}/trials/bad/", "parameters": simulation["parameters"] | {"seed": "minus one"}}
    assert cloud.failure(cloud.start(bad)) == ("InvalidInput", "parameter seed: 'minus one', allowed: a whole number of 0-2147483647")
    assert cloud.keys("trials/bad/") == []


def test_a_fault_fails_the_task_without_quoting_data(cloud, running, simulation, trained):
    broken = trained.parent / "broken"
    broken.mkdir(exist_ok=True)
    (broken / "dose.onnx").write_bytes(b"no model")
    job = simulation | {"id": "broken", "output": f"s3://{BUCKET}/trials/broken/"}
    job["inputs"] = job["inputs"] | {"model": cloud.put_channel("broken", broken)}
    name, cause = cloud.failure(cloud.start(job))
    assert name == "JobFault" and cause.startswith("exit code 1")


def test_an_input_that_is_not_the_pinned_bytes_is_refused(cloud, running, simulation):
    pinned = [{"uri": f"s3://{BUCKET}/inputs/model/dose.onnx", "versionId": None, "sha256": "0" * 64, "path": "dose.onnx"}]
    job = simulation | {"id": "mismatch", "output": f"s3://{BUCKET}/trials/mismatch/", "inputs": simulation["inputs"] | {"model": pinned}}
    name, cause = cloud.failure(cloud.start(job))
    assert name == "InputMismatch" and "allowed: " + "0" * 64 in cause


def test_a_pinned_version_is_read_though_a_newer_one_lies_above_it(cloud, running, simulation, trained, done):
    content = (trained / "dose.onnx").read_bytes()
    version = cloud.s3.put_object(Bucket=BUCKET, Key="inputs/pinned/dose.onnx", Body=content)["VersionId"]
    cloud.s3.put_object(Bucket=BUCKET, Key="inputs/pinned/dose.onnx", Body=b"newer")
    pinned = [{"uri": f"s3://{BUCKET}/inputs/pinned/dose.onnx", "versionId": version, "sha256": hashlib.sha256(content).hexdigest(), "path": "dose.onnx"}]
    job = simulation | {"id": "pinned", "output": f"s3://{BUCKET}/trials/pinned/", "inputs": simulation["inputs"] | {"model": pinned}}
    assert cloud.ended(cloud.start(job))["status"] == "SUCCEEDED"
    assert cloud.json("trials/pinned/result.json") == cloud.json("trials/1/result.json")


def test_messages_that_are_no_jobs_or_that_nobody_waits_for_are_dropped(cloud, running, simulation):
    before = len(running.log())
    for body in ("no json", json.dumps({"taskToken": "unknown", "job": simulation})):
        cloud.sqs.send_message(QueueUrl=cloud.queue, MessageBody=body)
    wait_for(lambda: {"message refused", "job dropped: nobody waits for it"} <= {entry["event"] for entry in running.log()[before:]}, seconds=60)
    wait_for(lambda: cloud.waiting() == (0, 0), seconds=20)
    assert running.poll() is None


def test_a_message_with_a_token_that_is_no_job_fails_its_task(cloud, running, simulation):
    name, cause = cloud.failure(cloud.start(simulation | {"kind": "delete"}))
    assert (name, cause) == ("InvalidMessage", 'job.kind: "delete", allowed: train, evaluate, simulate, relay')


def test_a_worker_killed_in_mid_training_is_followed_by_one_that_goes_on_to_the_same_result(cloud, running, features, settings, trained):
    # the standing worker rests, so that the one to be killed gets the job
    running.terminate()
    assert running.wait(timeout=60) == 0
    execution = cloud.start(training(features, settings, "killed"))
    with cloud.worker() as worker:
        wait_for(lambda: cloud.keys("checkpoints/killed/"))
        child = started(worker)["pid"]
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=10)
        wait_for(lambda: process_is_gone(child), seconds=20)
    assert cloud.states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert not any(key.endswith("manifest.json") for key in cloud.keys("runs/killed/"))
    with cloud.worker("--once") as worker:
        assert cloud.ended(execution)["status"] == "SUCCEEDED"
        assert worker.wait(timeout=60) == 0
        assert started(worker)["checkpointsRestored"] >= 1
    for name in ("model.npz", "dose.onnx", "course.onnx"):
        left = cloud.s3.get_object(Bucket=BUCKET, Key=f"runs/killed/train/{name}")["Body"].read()
        assert hashlib.sha256(left).hexdigest() == hashlib.sha256((trained / name).read_bytes()).hexdigest(), name


def test_a_worker_told_to_end_gives_its_job_back(cloud, features, settings):
    cloud.start(training(features, settings | {"steps": "20000"}, "returned"))
    with cloud.worker() as worker:
        child = wait_for(lambda: started(worker))["pid"]
        wait_for(lambda: cloud.keys("runs/returned/train/progress.json"))
        worker.terminate()
        assert worker.wait(timeout=60) == 0
        assert process_is_gone(child)
    assert cloud.waiting() == (1, 0)
    assert not list((cloud.folder / "work").glob("*"))
    cloud.sqs.purge_queue(QueueUrl=cloud.queue)


def test_a_queue_that_is_not_there_is_one_line(cloud):
    command = [sys.executable, "-m", "virtual_patient.worker", "--queue-url", f"{cloud.endpoint}/000000000000/none", "--endpoint-url", cloud.endpoint]
    ended = subprocess.run(command, env=cloud.environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: --queue-url ") and ended.stderr.count("\n") == 1


def test_a_worker_tells_its_image_by_digest_or_does_not_start(cloud):
    image = f"virtual-patient@sha256:{'a' * 64}"
    command = [sys.executable, "-m", "virtual_patient.worker", "--queue-url", cloud.queue]
    ended = subprocess.run(command, env=cloud.environment | {"PROBAND_IMAGE": "virtual-patient:latest"}, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (2, 'error: PROBAND_IMAGE: "virtual-patient:latest", allowed: [name@]sha256:<64 hexadecimal digits>\n')
    cloud.environment["PROBAND_IMAGE"] = image
    try:
        with cloud.worker() as worker:
            said = wait_for(lambda: next((line for line in worker.log() if line["event"] == "worker started"), None))
    finally:
        del cloud.environment["PROBAND_IMAGE"]
    assert said["image"] == image
