"""What a run was made with: code, environment, image, as tags of its MLflow run."""

from mlflow.tracking.context.registry import resolve_tags

import virtual_patient
from virtual_patient.provenance import code_digest, container_image, environment_digest, python_version


def context(kind: str) -> dict[str, str]:
    """MLflow's own tags of what made a run (by MLFLOW_RUN_CONTEXT further ones), and those of one job: training and evaluation may differ in all of them."""
    made_by = {"mlflow.source.name": f"virtual_patient.{kind}", "mlflow.source.type": "JOB"}
    image = container_image()
    found = {
        "code.version": virtual_patient.__version__,
        "code.sha256": code_digest(),
        "environment.sha256": environment_digest(),
        "python": python_version(),
        "image": image["reference"] if image else None,
    }
    return resolve_tags(made_by | {f"proband.{kind}.{name}": value for name, value in found.items() if value})
