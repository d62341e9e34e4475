"""`python -m virtual_patient.evaluate`: the evaluation job of the model that the parameters name."""

from virtual_patient.job import Job, main
from virtual_patient.model_package import package_of


def run(job: Job) -> None:
    package_of(job, "evaluation").run(job)


if __name__ == "__main__":
    main(run, "evaluate")
