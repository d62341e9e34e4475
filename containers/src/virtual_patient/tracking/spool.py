"""The file of records between a job and its sender: appended to by both, read once from an offset that outlives them."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]

FOLDER = "tracking"  # among the checkpoints
RECORDS, STATE, REPORT = "records.jsonl", "state.json", "report.json"
ISOLATED = "spool"  # of PROBAND_TRACKING: the job has no connection; its records stay here for the relay
MOST_BYTES = 64 << 20  # what comes after is counted and not kept


def is_isolated() -> bool:
    return os.environ.get("PROBAND_TRACKING") == ISOLATED


class Spool:
    """Records of one job, each said once however often the job is started again."""

    def __init__(self, folder: Path, identity: str):
        """identity: of the job. Records that another one left in the folder are removed."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / RECORDS
        self._said: set[str] = set()
        self._last_step: dict[tuple[str, str], int] = {}
        self.not_kept = 0
        if not self._continues(identity):
            for name in (RECORDS, STATE, REPORT):
                (folder / name).unlink(missing_ok=True)
            self._write({"kind": "spool", "identity": identity, "at": time.time_ns() // 1_000_000})

    def append(self, record: Record) -> None:
        """Once: records of a step or thing that was recorded before are left out."""
        new = self._new(record)
        if new is None:
            return
        if self._path.stat().st_size > MOST_BYTES and new["kind"] == "metrics":
            self.not_kept += 1
            return
        self._write(new)

    def _continues(self, identity: str) -> bool:
        if not self._path.is_file():
            return False
        whole = self._path.read_bytes().rpartition(b"\n")[0]
        # a writer that was killed may have left half a line
        os.truncate(self._path, len(whole) + 1 if whole else 0)
        records = [record for _, record in read(self._path, 0)]
        if not records or records[0].get("identity") != identity:
            return False
        for record in records[1:]:
            self._new(record)
        return True

    def _new(self, record: Record) -> Record | None:
        """What of the record was not said yet."""
        if record["kind"] == "end":
            return record
        if record["kind"] != "metrics":
            said = json.dumps({name: value for name, value in record.items() if name != "at"}, sort_keys=True)
            if said in self._said:
                return None
            self._said.add(said)
            return record
        key = (record["part"], " ".join(record["metrics"]))
        last = self._last_step.get(key, -1)
        rows = [row for row, step in enumerate(record["steps"]) if step > last]
        if not rows:
            return None
        self._last_step[key] = record["steps"][rows[-1]]
        return record | {
            "steps": [record["steps"][row] for row in rows],
            "metrics": {name: [values[row] for row in rows] for name, values in record["metrics"].items()},
        }

    def _write(self, record: Record) -> None:
        append(self._path, record)


def append(path: Path, record: Record) -> None:
    """One whole line by one write, so that two writers do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, (json.dumps(record, separators=(",", ":")) + "\n").encode())
    finally:
        os.close(descriptor)


def read(path: Path, offset: int) -> Iterator[tuple[int, Record]]:
    """(offset behind the record, record) of every whole line from the offset on."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield offset, json.loads(line)
