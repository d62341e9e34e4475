"""What every container job shares: the command line of the job contract, progress, errors, atomic files."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# ONNX Runtime >= 1.29 writes telemetry files on Linux unless told not to before it loads.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


class InvalidInput(Exception):
    """Input that the caller can correct; its message is one line: what, the value, the allowed range."""


@dataclass(frozen=True)
class Job:
    """One job's folders and parameters, as the contract names them."""

    input: Path
    output: Path
    checkpoints: Path
    parameters: dict[str, Any]

    def channel(self, name: str) -> Path:
        """Folder of one input channel. Raises InvalidInput when it is absent."""
        folder = self.input / name
        if not folder.is_dir():
            present = sorted(p.name for p in self.input.iterdir()) if self.input.is_dir() else []
            raise InvalidInput(f"--input {self.input}: channel '{name}' is absent, present: {', '.join(present) or 'none'}")
        return folder


def progress(share: float, message: str) -> None:
    """One progress line; share in [0, 1]."""
    global _share
    _share = round(float(share), 4)
    warn(message)


def warn(message: str) -> None:
    """A progress line of something that is beside the job's way: its share stays."""
    print(json.dumps({"progress": _share, "message": message}), flush=True)


_share = 0.0  # of the last progress line


def main(run: Callable[[Job], None], prog: str) -> None:
    """Parses the contract's command line, runs the job, and ends the process: 0, or 2 with one `error:` line on bad input."""
    try:
        run(_parse(prog))
    except InvalidInput as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None


def write_atomically(path: Path, content: bytes) -> None:
    """A reader sees the whole old file or the whole new one, also when the process is killed in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o644)  # mkstemp's files are private, a job's outputs are not
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Strict JSON (no NaN) with stable key order as given."""
    write_atomically(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """Raises InvalidInput when the file is absent or not JSON."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise InvalidInput(f"{path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: not JSON ({error})") from None


def _parse(prog: str) -> Job:
    parser = _Parser(prog=f"python -m virtual_patient.{prog}")
    parser.add_argument("--input", type=Path, required=True, help="folder with one sub-folder per channel")
    parser.add_argument("--output", type=Path, required=True, help="folder for what the job leaves")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder to resume from and to save progress in")
    parser.add_argument("--parameters", type=Path, required=True, help="one flat JSON object")
    arguments = parser.parse_args()
    parameters = read_json(arguments.parameters)
    if not isinstance(parameters, dict):
        raise InvalidInput(f"--parameters {arguments.parameters}: {type(parameters).__name__}, allowed: one JSON object")
    for folder in (arguments.output, arguments.checkpoints):
        folder.mkdir(parents=True, exist_ok=True)
    return Job(arguments.input, arguments.output, arguments.checkpoints, parameters)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):  # one line, where argparse would print its usage as well
        raise InvalidInput(message)
