"""What a run was made with: code, environment, image, as tags of its MLflow run."""

import hashlib
import os
import sys
from importlib.metadata import distributions
from pathlib import Path

import virtual_patient


def tags(kind: str) -> dict[str, str]:
    # tags that begin with `mlflow.` are MLflow's own names; further ones come by MLFLOW_RUN_CONTEXT
    return {
        "mlflow.source.name": f"virtual_patient.{kind}",
        "mlflow.source.type": "JOB",
        "proband.code.version": virtual_patient.__version__,
        "proband.code.sha256": code_digest(),
        "proband.environment.sha256": environment_digest(),
        "proband.python": ".".join(map(str, sys.version_info[:3])),
        **({"proband.image": image} if (image := os.environ.get("PROBAND_IMAGE")) else {}),
    }


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
