"""Writes test/unit/statistics/scipy-reference.json: inputs, and what SciPy and NumPy make of them.

    .venv/bin/python containers/tests/make_scipy_reference.py

The same inputs, the same file: run it after a change of SciPy's version and look at the difference.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import scipy
from scipy import special, stats

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "test/unit/statistics/scipy-reference.json"
rng = np.random.default_rng(20090219)


def rounded(values: np.ndarray, digits: int = 6) -> list[float]:
    return np.round(values, digits).tolist()


def samples() -> dict[str, tuple[list[float], list[float]]]:
    """Pairs of samples: equal and shifted populations, unequal sizes, ties, heavy tails, one value."""
    height, dose = lambda n, mean=168.0: rng.normal(mean, 11.0, n), lambda n, scale=1.0: scale * rng.lognormal(3.35, 0.5, n)
    decade = lambda n, shift: np.clip(np.round(rng.normal(6.0 + shift, 1.4, n)), 1, 9)
    return {
        "stable": (rounded(height(300)), rounded(height(280))),
        "shifted": (rounded(height(1000)), rounded(height(280, 163.0))),
        "far apart": (rounded(height(200)), rounded(height(150, 230.0))),
        "heavy tail": (rounded(dose(500)), rounded(dose(90, 1.3))),
        "ties": (rounded(decade(400, 0.0)), rounded(decade(120, 0.4))),
        "tiny": ([1.0, 2.0, 3.5], [0.5, 2.0]),
        "one value": ([2.5] * 20, [2.5] * 30),
    }


def two_samples() -> list[dict]:
    rows = []
    for name, (a, b) in samples().items():
        exact = stats.ks_2samp(a, b, method="exact")
        rows.append({"name": name, "a": a, "b": b, "ks": {"statistic": exact.statistic, "p": exact.pvalue}, "wasserstein": stats.wasserstein_distance(a, b)})
    return rows


def kolmogorov() -> list[dict]:
    return [{"t": t, "survival": float(special.kolmogorov(t))} for t in (0.1, 0.3, 0.5, 0.8276, 1.0, 1.36, 2.0, 4.0, 6.0)]


def chi_square() -> list[dict]:
    tables = {
        "races": [[2100, 1150, 300, 250], [150, 90, 25, 15]],
        "races shifted": [[2100, 1150, 300, 250], [10, 220, 20, 30]],
        "flag": [[3500, 300], [250, 30]],
        "rare": [[3800, 3], [279, 1]],
        "empty class": [[10, 0, 30], [12, 0, 20]],
    }
    rows = []
    for name, table in tables.items():
        found = stats.chi2_contingency(np.array([[x for x, y in zip(*table) if x + y > 0], [y for x, y in zip(*table) if x + y > 0]]), correction=False)
        rows.append({"name": name, "a": table[0], "b": table[1], "statistic": found.statistic, "degrees": found.dof, "p": found.pvalue})
    return rows


def divergence() -> list[dict]:
    """PSI and KL of class counts with half a count added to each class: sums of two relative entropies."""
    rows = []
    for reference, window in (([100, 200, 300, 400], [10, 20, 30, 40]), ([100, 200, 300, 400], [40, 30, 20, 10]), ([500, 500, 0], [40, 40, 20])):
        q, p = (np.array(counts) + 0.5 for counts in (reference, window))
        kl = float(stats.entropy(p, q))
        rows.append({"reference": reference, "window": window, "kullbackLeibler": kl, "populationStability": kl + float(stats.entropy(q, p))})
    return rows


def false_discovery() -> list[dict]:
    ps = [[0.01, 0.04, 0.03, 0.5], rounded(rng.uniform(size=40)), rounded(rng.beta(0.3, 3.0, 25), 9), [0.2], [0.05, 0.05, 0.05]]
    return [{"ps": p, "adjusted": stats.false_discovery_control(p, method="bh").tolist()} for p in ps]


def normal() -> list[dict]:
    return [{"z": z, "twoSided": float(2 * stats.norm.sf(abs(z))), "oneSided": float(stats.norm.sf(z))} for z in (-3.0, -0.5, 0.0, 1.0, 1.96, 4.0, 9.0)]


def slopes() -> list[dict]:
    """One stratum against linregress; several against least squares with an indicator per stratum."""
    rows = []
    for strata in (1, 3):
        n = 120
        stratum = np.arange(n) % strata
        x = rng.binomial(2, 0.3 + 0.2 * stratum).astype(float)
        y = np.round(3.6 - 0.25 * x + 0.2 * stratum + rng.normal(0, 0.4, n), 6)
        design = np.column_stack([x, *(stratum == s for s in range(strata))]).astype(float)
        coefficients, residual, rank, _ = np.linalg.lstsq(design, y, rcond=None)
        covariance = np.linalg.inv(design.T @ design) * residual[0] / (n - rank)
        slope, error = float(coefficients[0]), float(np.sqrt(covariance[0, 0]))
        if strata == 1:
            simple = stats.linregress(x, y)
            assert np.allclose([slope, error], [simple.slope, simple.stderr], rtol=1e-12)
        rows.append({"points": [{"x": a, "y": b, "stratum": str(s)} for a, b, s in zip(x.tolist(), y.tolist(), stratum.tolist())], "slope": slope, "error": error})
    return rows


def means() -> list[dict]:
    values = rounded(rng.lognormal(3.35, 0.5, 60))
    return [{"values": values, "mean": float(np.mean(values)), "error": float(stats.sem(values))}]


if __name__ == "__main__":
    document = {
        "scipy": scipy.__version__,
        "twoSamples": two_samples(),
        "kolmogorov": kolmogorov(),
        "chiSquare": chi_square(),
        "divergence": divergence(),
        "falseDiscovery": false_discovery(),
        "normal": normal(),
        "slopes": slopes(),
        "means": means(),
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(document) + "\n")
    subprocess.run([ROOT / "node_modules/.bin/biome", "format", "--write", TARGET], cwd=ROOT, check=True, capture_output=True)
    print(f"{TARGET.name}: SciPy {scipy.__version__}, {TARGET.stat().st_size} bytes")
