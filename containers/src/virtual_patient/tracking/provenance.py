"""What a run was made with: code, environment, image, as tags of its MLflow run."""

import hashlib
import os
import sys
from importlib.metadata import distributions
from pathlib import Path

import virtual_patient


def source(kind: str) -> dict[str, str]:
    """MLflow's own tags of what made a run; further ones (the commit, the user) come by MLFLOW_RUN_CONTEXT."""
    return {"mlflow.source.name": f"virtual_patient.{kind}", "mlflow.source.type": "JOB"}


def tags(kind: str) -> dict[str, str]:
    """Of one job: training and evaluation of a run may differ in all of them."""
    found = {
        "code.version": virtual_patient.__version__,
        "code.sha256": code_digest(),
        "environment.sha256": environment_digest(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "image": os.environ.get("PROBAND_IMAGE"),
    }
    return {f"proband.{kind}.{name}": value for name, value in found.items() if value}


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
