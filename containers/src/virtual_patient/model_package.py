"""Finds the model package that a job's parameters name: the entry points know no model themselves."""

from importlib import import_module
from types import ModuleType

from virtual_patient.job import InvalidInput, Job

MODELS = ("warfarin",)  # sub-packages with a `training` and an `evaluation` module


def package_of(job: Job, module: str) -> ModuleType:
    """The named module of the model. Raises InvalidInput on an unknown `model` parameter."""
    name = job.parameters.get("model")
    if name not in MODELS:
        raise InvalidInput(f"parameter model: {name!r}, allowed: {', '.join(MODELS)}")
    return import_module(f"virtual_patient.{name}.{module}")
