"""Makes significance.json with SciPy and statsmodels, the reference of src/akin/eval/significance_test.cc.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python tests/reference/significance.py > tests/reference/significance.json

Values are floats that both programs read to the same bits. "coarse" values are eighths, so that many differences are 0
or tied; the others are continuous. Wilcoxon drops differences of 0, with tie and continuity correction. The
randomization test is exact where 2^n patterns are few, else drawn 99,999 times, so it is itself only exact to about
2 sqrt(p (1 - p) / 100,000).
"""
import json
import math

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(19450101)


def short(values):
    """The fewest digits that are read back to the same floats."""
    return [float(str(np.float32(x))) for x in values]


def case(name, a, b, weights=None):
    a, b = np.float32(a), np.float32(b)
    w = np.ones(len(a)) if weights is None else np.float64(np.float32(weights))
    d = w * (a.astype(np.float64) - b.astype(np.float64))
    changed = d[d != 0]
    exact = len(changed) <= 16
    randomization = stats.permutation_test(
        (changed,), lambda x, axis: np.abs(np.sum(x, axis=axis)), permutation_type="samples", alternative="greater",
        n_resamples=np.inf if exact else 99_999, vectorized=True, rng=np.random.default_rng(7))
    return {
        "name": name, "a": short(a), "b": short(b), "weights": [] if weights is None else short(w),
        "difference": float(d.sum() / w.sum()),
        "student_p": float(stats.ttest_1samp(d, 0).pvalue),
        "wilcoxon_p": float(stats.wilcoxon(d, zero_method="wilcox", correction=True, method="approx").pvalue),
        "randomization_p": float(randomization.pvalue), "exact": exact,
    }


def coarse(n, shift):
    return np.clip(np.round(8 * (rng.random(n) + shift)) / 8, 0, 1)


cases = []
for n in (7, 13, 101, 997):
    base = rng.random(n)
    cases.append(case(f"continuous {n}", base, base + rng.normal(0.3 / math.sqrt(n), 0.3, n)))
    cases.append(case(f"coarse {n}", coarse(n, 0), coarse(n, 0.6 / math.sqrt(n))))
    weights = rng.integers(1, 40, n)
    errors = rng.gamma(2, 0.5, n)
    cases.append(case(f"weighted {n}", errors, errors * rng.normal(1.02, 0.15, n), weights))
few = np.round(rng.random(211) * 8) / 8
other = few.copy()
other[::17] += 0.125
other[3] -= 0.5
cases.append(case("few changed 211", few, other))

corrections = []
for m in (1, 2, 5, 11):
    p = rng.random(m) ** 4
    if m > 2:
        p[2] = p[0]
    corrections.append({"p": p.tolist(), "holm": multipletests(p, method="holm")[1].tolist()})

print("{\"cases\": [\n" + ",\n".join(json.dumps(c) for c in cases) + "\n],\n\"corrections\": "
      + json.dumps(corrections) + "}")
