"""`python -m virtual_patient.relay`: sends what the jobs of a run recorded and could not send themselves.

Channels: `checkpoints`, the run's, with a folder for each kind of job; `run`, with what the jobs left. Parameters: `model`, and for each kind the path of its
output below `run`. Leaves `report.json`: for each kind how many records came to the tracker, and how far in the file they reach. Everything may be sent twice:
the tracker has it once.
"""

import os
import time

from virtual_patient.job import InvalidInput, Job, main, progress, warn, write_json
from virtual_patient.tracking.sender import WAIT_WHEN_AWAY_S, Away, Outbox, prepare_client
from virtual_patient.tracking.spool import FOLDER, RECORDS, REPORT, read
from virtual_patient.worker.message import InvalidMessage, safe_path

KINDS = ("train", "evaluate")  # the evaluation goes on in the training's run
PATIENCE_S = 600.0  # with a tracker that is away; then the job ends as a fault, and may be started again


def run(job: Job) -> None:
    if not os.environ.get("MLFLOW_TRACKING_URI", "").startswith(("http://", "https://")):
        raise InvalidInput("MLFLOW_TRACKING_URI: not set, allowed: the http or https address of the tracker")
    prepare_client()
    checkpoints, left = job.channel("checkpoints"), job.channel("run")
    deadline = time.monotonic() + PATIENCE_S
    reports = {}
    for number, kind in enumerate(KINDS):
        folder = checkpoints / kind / FOLDER
        if not (folder / RECORDS).is_file():
            continue
        folders = {"output": left / _path(job, kind), "checkpoints": checkpoints / kind}
        outbox = Outbox(folder, kind, str(job.parameters.get("model", "")), folders, state=job.checkpoints / f"{kind}.json")
        _send(outbox, deadline)
        offset, sent, refused = outbox.progress
        records = sum(1 for _ in read(folder / RECORDS, 0)) - 1  # the first line is no record
        reports[kind] = {"runId": outbox.run_id, "records": records, "sent": sent, "dropped": records - sent, "reason": refused, "offset": offset}
        progress((number + 1) / len(KINDS), f"{kind}: {sent} of {records} records")
    write_json(job.output / REPORT, reports)


def _send(outbox: Outbox, deadline: float) -> None:
    """Raises Away once patience is over; what was sent until then is kept."""
    wait_s = WAIT_WHEN_AWAY_S[0]
    while True:
        try:
            return outbox.send()
        except Away as error:
            if time.monotonic() + wait_s > deadline:
                raise
            warn(f"{error}; records wait")
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, WAIT_WHEN_AWAY_S[1])


def _path(job: Job, kind: str) -> str:
    try:
        return safe_path(job.parameters.get(kind), f"parameter {kind}")
    except InvalidMessage as error:
        raise InvalidInput(str(error)) from None


if __name__ == "__main__":
    main(run, "relay")
