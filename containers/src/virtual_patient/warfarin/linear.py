"""The linear comparator: ridge regression of the square root of the weekly dose on the same covariates, no mechanism.

The square root is the scale of the IWPC's own linear algorithms (NEJM 2009;360:753-64).
"""

import numpy as np


def ridge(covariates: np.ndarray, weekly_dose_mg: np.ndarray, penalty: float) -> np.ndarray:
    """Coefficients [S + 1], the unpenalised intercept first; covariates [N, S], dose [N] in mg/week."""
    design = np.column_stack([np.ones(len(covariates)), covariates]).astype(np.float64)
    shrink = penalty * np.eye(design.shape[1])
    shrink[0, 0] = 0.0
    return np.linalg.solve(design.T @ design + shrink, design.T @ np.sqrt(weekly_dose_mg))


def weekly_dose_mg(coefficients: np.ndarray, covariates: np.ndarray) -> np.ndarray:
    """Weekly dose [N], mg; a negative root counts as no dose."""
    return np.maximum(coefficients[0] + covariates @ coefficients[1:], 0.0) ** 2
