"""The peer of drift.ts: the same tests by SciPy. stdin: {repeats, pairs: [{a, b}], tables: [[counts, counts]]}; stdout: {seconds, ks, wasserstein, chiSquare}."""

import json
import sys
import time

import numpy as np
from scipy import stats

given = json.load(sys.stdin)
pairs = [(np.array(pair["a"]), np.array(pair["b"])) for pair in given["pairs"]]
tables = [np.array(table) for table in given["tables"]]


def signals():
    return (
        [stats.ks_2samp(a, b, method="exact").pvalue for a, b in pairs],
        [stats.wasserstein_distance(a, b) for a, b in pairs],
        [stats.chi2_contingency(table, correction=False).pvalue for table in tables],
    )


signals()
seconds = []
for _ in range(given["repeats"]):
    started = time.perf_counter()
    ks, wasserstein, chi_square = signals()
    seconds.append(time.perf_counter() - started)
json.dump({"seconds": sorted(seconds)[len(seconds) // 2], "ks": ks, "wasserstein": wasserstein, "chiSquare": chi_square}, sys.stdout)
