"""Makes slim.json with scikit-learn, the reference of src/akin/models/linear/slim_test.cc.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python tests/reference/slim.py > tests/reference/slim.json

ElasticNet(positive=True) minimizes 1/(2n) |y - X w|^2 + alpha l1_ratio |w|_1 + alpha (1 - l1_ratio)/2 |w|^2: n times
that is SLIM's objective with l1 = n alpha l1_ratio and l2 = n alpha (1 - l1_ratio). Weights: [history item, target
item, weight].
"""
import json

import numpy as np
from sklearn.linear_model import ElasticNet

USERS, ITEMS = 83, 29
rng = np.random.default_rng(19)
taste = rng.gamma(1.0, size=(USERS, 5))
chance = taste @ rng.gamma(0.7, size=(5, ITEMS))
x = (rng.random((USERS, ITEMS)) < 0.5 * chance / chance.mean(axis=1, keepdims=True) / 2).astype(np.float64)
x[:, ITEMS - 1] = 0  # an item without events

fits = []
for l1, l2 in ((0.5, 1.0), (1.5, 0.3), (3.0, 20.0)):
    weights = []
    for j in range(ITEMS):
        others = x.copy()
        others[:, j] = 0
        net = ElasticNet(alpha=(l1 + l2) / USERS, l1_ratio=l1 / (l1 + l2), positive=True, fit_intercept=False, tol=1e-10,
                         max_iter=1_000_000)
        net.fit(others, x[:, j])
        weights += [[int(i), j, round(float(net.coef_[i]), 7)] for i in np.flatnonzero(net.coef_ > 1e-7)]
    fits.append({"l1": l1, "l2": l2, "weights": weights})
events = [[int(u), int(i)] for u, i in zip(*np.nonzero(x))]
print(json.dumps({"users": USERS, "items": ITEMS, "events": events, "fits": fits}, separators=(",", ":")))
