"""SciPy's side of statistics.ts: reads the cases as JSON from standard input, answers {case: {milliseconds, value}}.

Each case names a function, its arguments and how often it is called in a round; milliseconds is per call, the median of
the rounds. The arrays are NumPy's before the clock starts.
"""

import json
import statistics
import sys
import time

import numpy as np
from scipy import stats

FUNCTIONS = {
    "kolmogorovSmirnov": lambda a, b, method: stats.ks_2samp(a, b, method=method).pvalue,
    "wasserstein": lambda a, b: stats.wasserstein_distance(a, b),
    "chiSquare": lambda a, b: stats.chi2_contingency(np.stack([a, b]), correction=False).pvalue,
    "benjaminiHochberg": lambda ps: stats.false_discovery_control(ps, method="bh").sum(),
    "kullbackLeibler": lambda reference, window: stats.entropy(window + 0.5, reference + 0.5),
}


def measure(case: dict) -> dict:
    function = FUNCTIONS[case["function"]]
    arguments = [np.asarray(argument, float) if isinstance(argument, list) else argument for argument in case["arguments"]]
    value = function(*arguments)
    rounds = []
    for _ in range(case["rounds"]):
        start = time.perf_counter()
        for _ in range(case["calls"]):
            function(*arguments)
        rounds.append((time.perf_counter() - start) / case["calls"])
    return {"milliseconds": statistics.median(rounds) * 1e3, "value": float(value)}


json.dump({name: measure(case) for name, case in json.load(sys.stdin).items()}, sys.stdout)
