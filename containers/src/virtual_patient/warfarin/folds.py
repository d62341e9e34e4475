"""Which patients each fit may see: one fold per hospital, one for the later patients, and one for all."""

from dataclasses import dataclass

import numpy as np

from virtual_patient.job import InvalidInput
from virtual_patient.warfarin.features import Cohort

VALIDATION = "validation split"
ALL = "all development patients"


@dataclass(frozen=True)
class Folds:
    """K fits over the N development patients; the last one sees all of them and is what is deployed."""

    names: tuple[str, ...]  # [K] the held-out hospital, VALIDATION, or ALL
    sees: np.ndarray  # [K, N] bool
    held_out_by_site: np.ndarray  # [N] index of the fold that has not seen the patient's hospital
    validation: int | None  # index of the fold that has seen the `train` split only


def make_folds(development: Cohort) -> Folds:
    """Raises InvalidInput below two hospitals or with an empty `train` split."""
    sites = np.unique(development.site)
    if len(sites) < 2:
        raise InvalidInput(f"site: {len(sites)} in the development data, allowed: at least 2 for leave-one-site-out")
    in_train = development.split == "train"
    if not in_train.any():
        raise InvalidInput("split 'train': 0 patients, allowed: at least 1")
    names, sees = list(sites), [development.site != site for site in sites]
    validation = None
    if not in_train.all():
        validation = len(names)
        names.append(VALIDATION)
        sees.append(in_train)
    names.append(ALL)
    sees.append(np.ones(len(development), bool))
    return Folds(tuple(map(str, names)), np.stack(sees), np.searchsorted(sites, development.site), validation)
