"""What a run was made with: code, environment, image, as tags of its MLflow run."""

import os

import virtual_patient
from virtual_patient.provenance import code_digest, environment_digest, python_version


def source(kind: str) -> dict[str, str]:
    """MLflow's own tags of what made a run; further ones (the commit, the user) come by MLFLOW_RUN_CONTEXT."""
    return {"mlflow.source.name": f"virtual_patient.{kind}", "mlflow.source.type": "JOB"}


def tags(kind: str) -> dict[str, str]:
    """Of one job: training and evaluation of a run may differ in all of them."""
    found = {
        "code.version": virtual_patient.__version__,
        "code.sha256": code_digest(),
        "environment.sha256": environment_digest(),
        "python": python_version(),
        "image": os.environ.get("PROBAND_IMAGE"),
    }
    return {f"proband.{kind}.{name}": value for name, value in found.items() if value}
