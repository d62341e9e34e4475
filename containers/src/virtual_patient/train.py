"""`python -m virtual_patient.train`: the training job of the model that the parameters name."""

from virtual_patient.job import Job, main
from virtual_patient.model_package import package_of
from virtual_patient.provenance import container_image
from virtual_patient.tracking.tracker import tracked


def run(job: Job) -> None:
    container_image()  # what is wrong with it is better known before the training than after
    package = package_of(job, "training")
    with tracked(job, "train") as tracker:
        package.run(job, tracker)


if __name__ == "__main__":
    main(run, "train")
