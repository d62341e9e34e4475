"""`python -m virtual_patient.evaluate`: the evaluation job of the model that the parameters name."""

from virtual_patient.job import Job, main
from virtual_patient.model_package import package_of
from virtual_patient.tracking.tracker import tracked


def run(job: Job) -> None:
    package = package_of(job, "evaluation")
    with tracked(job, "evaluate") as tracker:
        package.run(job, tracker)


if __name__ == "__main__":
    main(run, "evaluate")
