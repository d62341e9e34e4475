"""One entry point as a subprocess in its own process group: progress out, exit status and peak memory back."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from virtual_patient.worker.log import one_line

INVALID_INPUT_EXIT = 2  # of the job contract
GRACE_S = 10.0
STDERR_LINES_KEPT = 200
FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<name>\S+)')
EXCEPTION = re.compile(r"^(?P<name>[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Fault|Warning)?)(:|$)")


@dataclass(frozen=True)
class Ended:
    exit_code: int
    seconds: float
    peak_memory_mib: float
    stderr: tuple[str, ...]

    @property
    def failure(self) -> tuple[str, str] | None:
        """(name, one-line cause), or None after success. A fault's cause names type and place, never its message, which may quote data."""
        if self.exit_code == 0:
            return None
        if self.exit_code == INVALID_INPUT_EXIT:
            lines = [line for line in self.stderr if line.startswith("error: ")]
            return "InvalidInput", one_line(lines[-1].removeprefix("error: ")) if lines else "exit code 2 without an error line"
        how = f"ended by signal {-self.exit_code}" if self.exit_code < 0 else f"exit code {self.exit_code}"
        frames = [match for line in self.stderr if (match := FRAME.match(line))]
        names = [match["name"] for line in self.stderr if line and not line[0].isspace() and (match := EXCEPTION.match(line))]
        where = f" at {Path(frames[-1]['file']).name}:{frames[-1]['line']}" if frames else ""
        return "JobFault", f"{how}{': ' + names[-1] if frames and names else ''}{where}"


class Execution:
    """Starts at once. Call `poll` until it answers; `stop` ends the whole process group."""

    def __init__(self, kind: str, folder: Path, variables: Mapping[str, str]):
        command = [sys.executable, "-m", "virtual_patient.worker.child", kind]
        for name in ("input", "output", "checkpoints"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            command += [f"--{name}", str(folder / name)]
        command += ["--parameters", str(folder / "parameters.json")]
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=_environment() | variables,
            start_new_session=True,
        )
        self._progress: tuple[float, str] | None = None
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES_KEPT)
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_progress, self._read_stderr)]
        for reader in self._readers:
            reader.start()
        self._ended: Ended | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def progress(self) -> tuple[float, str] | None:
        """The last progress line."""
        return self._progress

    def poll(self) -> Ended | None:
        if self._ended is None:
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                for reader in self._readers:
                    reader.join(timeout=GRACE_S)
                self._process.returncode = os.waitstatus_to_exitcode(status)
                # ru_maxrss is in KiB, on macOS in bytes
                mib = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
                self._ended = Ended(self._process.returncode, time.monotonic() - self._started, round(mib, 1), tuple(self._stderr))
        return self._ended

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after GRACE_S."""
        deadline = time.monotonic() + GRACE_S
        self._signal(signal.SIGTERM)
        while self.poll() is None:
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
            time.sleep(0.05)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _read_progress(self) -> None:
        for line in self._process.stdout:
            with contextlib.suppress(json.JSONDecodeError, KeyError, TypeError, ValueError):
                said = json.loads(line)
                self._progress = (min(max(float(said["progress"]), 0.0), 1.0), one_line(said.get("message", "")))

    def _read_stderr(self) -> None:
        for line in self._process.stderr:
            self._stderr.append(line.rstrip("\n"))


def _environment() -> dict[str, str]:
    """A job's only connection is to a tracker: it gets no credentials of AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"ORT_DISABLE_TELEMETRY": "1", "PYTHONUNBUFFERED": "1"}
