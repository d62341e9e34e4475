"""What a job runs: its code and its installed packages, by digest."""

import hashlib
import sys
from importlib.metadata import distributions
from pathlib import Path

import virtual_patient


def python_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def code_digest() -> str:
    """SHA-256 over the package's sources, by path."""
    root = Path(virtual_patient.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def environment_digest() -> str:
    """SHA-256 over the installed distributions, `name==version` a line."""
    lines = sorted({f"{found.metadata['Name'].lower().replace('_', '-')}=={found.version}" for found in distributions()})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
