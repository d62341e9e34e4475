"""`python -m virtual_patient.train`: the training job of the model that the parameters name."""

from virtual_patient.job import Job, main
from virtual_patient.model_package import package_of


def run(job: Job) -> None:
    package_of(job, "training").run(job)


if __name__ == "__main__":
    main(run, "train")
