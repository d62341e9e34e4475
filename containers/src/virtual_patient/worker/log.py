"""Structured logs: one JSON object a line on stderr. Names, numbers and digests only, never a job's data."""

import json
import sys
from datetime import UTC, datetime
from typing import Any


def log(level: str, event: str, **members: Any) -> None:
    entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "service": "worker", "event": event, **members}
    print(json.dumps(entry), file=sys.stderr, flush=True)


def one_line(text: object, most: int = 300) -> str:
    return " ".join(str(text).split())[:most]
