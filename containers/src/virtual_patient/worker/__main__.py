"""python -m virtual_patient.worker --queue-url URL [--endpoint-url URL] [--region NAME] [--work DIR] [--once]"""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import TextIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from virtual_patient.job import InvalidInput
from virtual_patient.provenance import container_image
from virtual_patient.worker.handling import Services, handle
from virtual_patient.worker.log import log, one_line

LONG_POLL_S = 20
LOCK = ".lock"
WAIT_AFTER_FAULT_S = (1.0, 30.0)


def main() -> None:
    arguments = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        image = container_image()
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    try:
        services = _services(arguments)
    except (BotoCoreError, ClientError, ValueError) as error:
        print(f"error: --queue-url {arguments.queue_url}: {one_line(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    work, lock = _own_folder(arguments.work)
    log("info", "worker started", pid=os.getpid(), visibilitySeconds=services.visibility_s, image=image and image["reference"])
    try:
        _pull(services, work, stop, once=arguments.once)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.close()
    log("info", "worker ended")


def _pull(services: Services, work: Path, stop: threading.Event, once: bool) -> None:
    wait_s = WAIT_AFTER_FAULT_S[0]
    while not stop.is_set():
        try:
            message = _receive(services, stop)
            if message:
                handle(services, message, work, stop)
                if once:
                    return
            wait_s = WAIT_AFTER_FAULT_S[0]
        except (BotoCoreError, ClientError) as error:  # the queue is out of reach for now, or an answer could not be sent
            log("error", "service out of reach", error=one_line(error), waitSeconds=wait_s)
            stop.wait(wait_s)
            wait_s = min(2 * wait_s, WAIT_AFTER_FAULT_S[1])


def _receive(services: Services, stop: threading.Event) -> dict | None:
    """One message, or None. Polls in a thread, so that a signal need not wait for the long poll's end."""
    answer: list = []

    def poll() -> None:
        try:
            answer.append(services.sqs.receive_message(QueueUrl=services.queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=LONG_POLL_S))
        except (BotoCoreError, ClientError) as error:
            answer.append(error)

    polling = threading.Thread(target=poll, daemon=True)
    polling.start()
    while polling.is_alive() and not stop.is_set():
        polling.join(timeout=0.2)
    if not answer:
        return None
    if isinstance(answer[0], Exception):
        raise answer[0]
    return next(iter(answer[0].get("Messages", [])), None)


def _services(arguments: argparse.Namespace) -> Services:
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=10,
        read_timeout=LONG_POLL_S + 40,
        s3={"addressing_style": "path"} if arguments.endpoint_url else None,
    )
    session = boto3.session.Session(region_name=arguments.region)
    sqs, s3, states = (session.client(name, endpoint_url=arguments.endpoint_url, config=config) for name in ("sqs", "s3", "stepfunctions"))
    attributes = sqs.get_queue_attributes(QueueUrl=arguments.queue_url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    return Services(sqs, s3, states, arguments.queue_url, max(int(attributes["VisibilityTimeout"]), 1))


def _own_folder(work: Path) -> tuple[Path, TextIO]:
    """A folder of this worker, and the lock that says it lives; folders of killed workers are removed."""
    work.mkdir(parents=True, exist_ok=True)
    for left in work.glob("worker-*"):
        with contextlib.suppress(OSError), (left / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    own = Path(tempfile.mkdtemp(prefix="worker-", dir=work))
    lock = (own / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return own, lock


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m virtual_patient.worker", description="Pulls jobs from the queue and runs them, one at a time.")
    parser.add_argument("--queue-url", required=True, help="the job queue")
    parser.add_argument("--endpoint-url", help="of all AWS services, for a local cloud")
    parser.add_argument("--region", default=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"), help="default: AWS_REGION")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "virtual-patient-worker", help="folder for jobs' files")
    parser.add_argument("--once", action="store_true", help="end after one job")
    return parser.parse_args()


if __name__ == "__main__":
    main()
