"""One job from its message to its answer."""

import json
import shutil
import threading
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import virtual_patient
from virtual_patient.tracking import spool as tracked
from virtual_patient.worker.execution import Ended, Execution
from virtual_patient.worker.heartbeat import TOKEN_GONE, Heartbeat, TaskGone
from virtual_patient.worker.log import log, one_line
from virtual_patient.worker.message import InvalidMessage, JobMessage, parse_message, task_token_of
from virtual_patient.worker.storage import (
    CheckpointSync,
    InputMismatch,
    download_inputs,
    finished,
    manifest_reference,
    put_progress,
    restore_checkpoints,
    upload_outputs,
)

TICK_S = 0.2
PROGRESS_EVERY_S = 1.0
CHECKPOINTS_EVERY_S = 2.0
PACKAGES = ("jax", "jaxlib", "equinox", "diffrax", "optax", "numpy", "onnxruntime", "duckdb")  # those that results depend on


@dataclass(frozen=True)
class Services:
    sqs: Any
    s3: Any
    states: Any
    queue_url: str
    visibility_s: int


class Stopped(Exception):
    """The worker is asked to end; the message goes back to the queue."""


def handle(services: Services, message: dict[str, Any], work: Path, stop: threading.Event) -> None:
    """Answers the task token and deletes the message, or leaves it to come back when the worker is stopped."""
    body, receipt = message["Body"], message["ReceiptHandle"]
    try:
        job = parse_message(body)
    except InvalidMessage as error:
        log("error", "message refused", reason=one_line(error))
        token = task_token_of(body)
        if token:
            _fail(services, token, "InvalidMessage", one_line(error))
        _delete(services, receipt)
        return
    folder = work / job.digest[:16]
    try:
        with Heartbeat(services.sqs, services.states, services.queue_url, receipt, job.task_token, services.visibility_s) as heartbeat:
            _answer(services, job, _outcome(services, job, folder, heartbeat, stop))
        _delete(services, receipt)
    except TaskGone:
        log("warn", "job dropped: nobody waits for it", jobId=job.id)
        _delete(services, receipt)
    except Stopped:
        log("info", "job given back", jobId=job.id)
        _give_back(services, receipt)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _outcome(services: Services, job: JobMessage, folder: Path, heartbeat: Heartbeat, stop: threading.Event) -> dict[str, Any] | tuple[str, str]:
    """What success says, or (name, cause) of a failure."""
    try:
        known = finished(services.s3, job)
        if known:
            log("info", "job was done before", jobId=job.id)
            return _success(services, job, known)
        return _run(services, job, folder, heartbeat, stop)
    except (InputMismatch, InvalidMessage) as error:
        return "InputMismatch", one_line(error)
    except (ClientError, BotoCoreError, OSError) as error:
        log("error", "worker fault", jobId=job.id, error=one_line(error))
        return "WorkerFault", type(error).__name__


def _run(services: Services, job: JobMessage, folder: Path, heartbeat: Heartbeat, stop: threading.Event) -> dict[str, Any] | tuple[str, str]:
    shutil.rmtree(folder, ignore_errors=True)
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir(parents=True)
    download_inputs(services.s3, job, folder / "input")
    restored = restore_checkpoints(services.s3, job, checkpoints)
    (folder / "parameters.json").write_text(json.dumps(job.parameters))
    execution = Execution(job.kind, folder, _variables(job, folder))
    log("info", "job started", jobId=job.id, kind=job.kind, pid=execution.pid, checkpointsRestored=restored)
    try:
        ended = _watch(services, job, execution, CheckpointSync(services.s3, job.checkpoints, checkpoints), heartbeat, stop)
    finally:
        execution.stop()
    failure = ended.failure
    figures = {"exitCode": ended.exit_code, "seconds": round(ended.seconds, 1), "peakMemoryMiB": ended.peak_memory_mib}
    log("error" if failure else "info", "job ended", jobId=job.id, **figures)
    if failure:
        return failure
    about = {"seconds": round(ended.seconds, 2), "peakMemoryMiB": ended.peak_memory_mib, "code": code_version(), **_tracking(job, checkpoints)}
    return _success(services, job, upload_outputs(services.s3, job, folder / "output", about))


def _watch(services: Services, job: JobMessage, execution: Execution, checkpoints: CheckpointSync, heartbeat: Heartbeat, stop: threading.Event) -> Ended:
    """Relays progress and checkpoints until the job ends. Raises TaskGone and Stopped."""
    said, said_at, synced_at = None, 0.0, time.monotonic()
    while True:
        ended = execution.poll()
        now = time.monotonic()
        if ended or now - said_at >= PROGRESS_EVERY_S:
            if execution.progress and execution.progress != said:
                said = execution.progress
                put_progress(services.s3, job, *said)
            said_at = now
        if ended or now - synced_at >= CHECKPOINTS_EVERY_S:
            checkpoints.upload_changes()
            synced_at = now
        if ended:
            return ended
        if heartbeat.gone.is_set():
            raise TaskGone
        if stop.is_set():
            execution.stop()
            checkpoints.upload_changes()
            raise Stopped
        time.sleep(TICK_S)


def _success(services: Services, job: JobMessage, manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "output": job.output.uri,
        "manifest": manifest_reference(services.s3, job),
        "seconds": manifest["seconds"],
        "peakMemoryMiB": manifest["peakMemoryMiB"],
        "code": manifest["code"],
        **({"tracking": manifest["tracking"]} if "tracking" in manifest else {}),
    }


def _variables(job: JobMessage, folder: Path) -> dict[str, str]:
    """The token goes by a file: other processes may read a process's environment."""
    if job.tracking_token is None:
        return job.environment
    file = folder / "tracking-token"
    file.touch(mode=0o600)
    file.write_text(job.tracking_token)
    return job.environment | {"PROBAND_TRACKING_TOKEN_FILE": str(file)}


def _tracking(job: JobMessage, checkpoints: Path) -> dict[str, Any]:
    """What came of the job's tracked run, where it had one."""
    path = checkpoints / tracked.FOLDER / tracked.REPORT
    if not path.is_file():
        return {}
    report = json.loads(path.read_text())
    if report["dropped"]:
        log("warn", "tracking records dropped", jobId=job.id, **report)
    return {"tracking": report}


def code_version() -> dict[str, Any]:
    """The package and the libraries that a result depends on."""
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"version": virtual_patient.__version__, "packages": packages}


def _answer(services: Services, job: JobMessage, outcome: dict[str, Any] | tuple[str, str]) -> None:
    if isinstance(outcome, tuple):
        _fail(services, job.task_token, *outcome)
        return
    try:
        services.states.send_task_success(taskToken=job.task_token, output=json.dumps(outcome))
    except ClientError as error:
        _ignore_gone(error)


def _fail(services: Services, task_token: str, name: str, cause: str) -> None:
    log("error", "job failed", error=name, cause=cause)
    try:
        services.states.send_task_failure(taskToken=task_token, error=name, cause=cause)
    except ClientError as error:
        _ignore_gone(error)


def _ignore_gone(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in TOKEN_GONE:
        raise error
    log("warn", "answer not wanted any more")


def _delete(services: Services, receipt: str) -> None:
    services.sqs.delete_message(QueueUrl=services.queue_url, ReceiptHandle=receipt)


def _give_back(services: Services, receipt: str) -> None:
    """Visible at once: another worker need not wait."""
    services.sqs.change_message_visibility(QueueUrl=services.queue_url, ReceiptHandle=receipt, VisibilityTimeout=0)
