"""Says in the background that a job is alive: to Step Functions by heartbeat, to the queue by visibility."""

import threading

from botocore.exceptions import BotoCoreError, ClientError

from virtual_patient.worker.log import log, one_line

MOST_SECONDS_BETWEEN_BEATS = 60.0
TOKEN_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class TaskGone(Exception):
    """Nobody waits for this task's answer any more."""


class Heartbeat:
    """Beats from `with` to its end, the first time at once. Raises TaskGone on entry where nobody waits."""

    def __init__(self, sqs, states, queue_url: str, receipt_handle: str, task_token: str, visibility_s: int):
        self._sqs, self._states = sqs, states
        self._queue_url, self._receipt_handle, self._task_token = queue_url, receipt_handle, task_token
        self._visibility_s = visibility_s
        self._end = threading.Event()
        self.gone = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._beat()
        if self.gone.is_set():
            raise TaskGone
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()

    def _beat_on(self) -> None:
        while not self._end.wait(min(self._visibility_s / 3, MOST_SECONDS_BETWEEN_BEATS)) and not self.gone.is_set():
            self._beat()

    def _beat(self) -> None:
        try:
            self._states.send_task_heartbeat(taskToken=self._task_token)
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=self._receipt_handle, VisibilityTimeout=self._visibility_s
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in TOKEN_GONE:
                self.gone.set()
            else:
                log("warn", "heartbeat refused", code=error.response["Error"]["Code"])
        except BotoCoreError as error:  # the next beat may pass; the visibility timeout bounds how long none does
            log("warn", "heartbeat not sent", error=one_line(error))
