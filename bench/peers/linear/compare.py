"""Times ease, slim, svd and nmf against their counterparts in Python. Used by run.sh.

Usage: compare.py AKIN DATA THREADS          the whole table
       compare.py --peer NAME DATA OUT.npz   one peer in a process of its own, so that its peak memory is its own
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy.sparse import csr_matrix

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from akin_data import tensors

LAMBDA = 500.0           # ease
L1, L2 = 5.0, 200.0      # slim
COLUMNS = 40             # of slim by scikit-learn, evenly spread over the items by popularity; the time is scaled up
FACTORS, POWER, OVER = 64, 4, 10
ITERATIONS = 30          # nmf


def matrix(data):
    found, _ = tensors(data)
    users, items = found["events.user"], found["events.item"]
    shape = (int(users.max()) + 1, int(items.max()) + 1)
    x = csr_matrix((np.ones(len(users), np.float32), (users, items)), shape)
    x.sum_duplicates()
    x.data[:] = 1
    return x


def ease(x):
    gram = (x.T @ x).toarray()
    gram[np.diag_indices_from(gram)] += LAMBDA
    p = np.linalg.inv(gram)
    b = p / -np.diag(p)
    np.fill_diagonal(b, 0)
    return {"weights": b}, 1


def some_columns(x):
    return np.sort(np.argsort(-np.asarray(x.sum(0)).ravel(), kind="stable")[::max(1, x.shape[1] // COLUMNS)])


def slim(x):
    from sklearn.linear_model import ElasticNet
    x = x.tocsc().astype(np.float64)
    columns = some_columns(x)
    n = x.shape[0]
    net = ElasticNet(alpha=(L1 + L2) / n, l1_ratio=L1 / (L1 + L2), positive=True, fit_intercept=False, copy_X=False,
                     tol=1e-4, max_iter=500)
    weights = np.zeros((x.shape[1], len(columns)), np.float32)
    start = time.perf_counter()
    for k, j in enumerate(columns):
        begin, end = x.indptr[j], x.indptr[j + 1]
        target = x[:, j].toarray().ravel()
        kept = x.data[begin:end].copy()
        x.data[begin:end] = 0
        weights[:, k] = net.fit(x, target).coef_
        x.data[begin:end] = kept
    return {"weights": weights, "columns": columns, "inner": time.perf_counter() - start}, x.shape[1] / len(columns)


def svd_sklearn(x):
    from sklearn.utils.extmath import randomized_svd
    _, values, vt = randomized_svd(x, FACTORS, n_iter=POWER, n_oversamples=OVER, random_state=1)
    return {"values": values, "v": vt.T}, 1


def svd_scipy(x):
    from scipy.sparse.linalg import svds
    _, values, vt = svds(x, k=FACTORS, random_state=1)
    return {"values": values[::-1], "v": vt[::-1].T}, 1


def nmf(x):
    from sklearn.decomposition import NMF
    model = NMF(FACTORS, init="random", solver="cd", tol=0, max_iter=ITERATIONS, random_state=1)
    w = model.fit_transform(x)
    return {"w": w, "h": model.components_.T}, 1


PEERS = {"ease": [("NumPy inv", ease)], "slim": [("scikit-learn ElasticNet", slim)],
         "svd": [("scikit-learn randomized_svd", svd_sklearn), ("SciPy svds", svd_scipy)],
         "nmf": [("scikit-learn NMF", nmf)]}
AKIN = {"ease": ["--regularization", LAMBDA, "--neighbors", 0], "slim": ["--l1", L1, "--regularization", L2],
        "svd": ["--factors", FACTORS, "--item-scaling", 0, "--oversampling", OVER, "--power-iterations", POWER],
        "nmf": ["--factors", FACTORS, "--epochs", ITERATIONS, "--sweeps", 1, "--regularization", 0]}


def warnings_off():
    import warnings
    warnings.filterwarnings("ignore")  # "not converged" where the number of iterations is what is given


def run_peer(name, data, out):
    warnings_off()
    peer = {label: function for rows in PEERS.values() for label, function in rows}[name]
    x = matrix(data)
    start, used = time.perf_counter(), os.times()
    result, factor = peer(x)
    wall, now = time.perf_counter() - start, os.times()
    cpu = now.user + now.system - used.user - used.system
    np.savez(out, **result)
    print(json.dumps({"seconds": wall * factor, "cpu": cpu * factor}))


def timed(command, env=None):
    """The JSON a command prints, its processor time and its peak memory in MiB."""
    with tempfile.NamedTemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, command
        out.seek(0)
        return json.load(out), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def dense(bundle, n):
    found, _ = tensors(bundle)
    offsets = found["model.weights.offsets"].astype(np.int64)
    return csr_matrix((found["model.weights.values"], found["model.weights.indices"], offsets), (n, n)).toarray()


def ease_quality(x, bundle, peer):
    mine = dense(bundle, x.shape[1])
    return f"largest weight {np.abs(mine).max():.3f}, largest difference {np.abs(mine - peer['weights']).max():.1e}", \
        np.abs(mine - peer["weights"]).max() < 1e-3


def slim_quality(x, bundle, peer):
    mine = dense(bundle, x.shape[1])[:, peer["columns"]]
    difference = np.abs(mine - peer["weights"]).max()
    return f"largest weight {mine.max():.3f}, largest difference {difference:.1e}", difference < 2e-3


def svd_quality(x, bundle, peer):
    found, _ = tensors(bundle)
    mine = found["model.singular_values"]
    # What the vectors explain of X: |X V|^2 with V orthonormal.
    v = found["model.items"] / mine
    own, other = (float(np.square(x @ vectors).sum()) for vectors in (v, peer["v"]))
    return f"|X V|^2 {own:.0f} and {other:.0f}", abs(own / other - 1) < 1e-3


def loss(x, w, h):
    w, h = w.astype(np.float64), h.astype(np.float64)
    return float(x.sum() - 2 * np.sum((x.T @ w) * h) + np.sum((w.T @ w) * (h.T @ h)))


def nmf_quality(x, bundle, peer):
    found, _ = tensors(bundle)
    own, other = loss(x, found["model.users"], found["model.items"]), loss(x, peer["w"], peer["h"])
    return f"|X - W H|^2 {own:.0f} and {other:.0f}", own < other * 1.01


QUALITY = {"ease": ease_quality, "slim": slim_quality, "svd": svd_quality, "nmf": nmf_quality}


def main():
    akin, data, threads = sys.argv[1:4]
    x = matrix(data)
    print(f"== {data}: {x.shape[0]} users x {x.shape[1]} items, {x.nnz} entries, {threads} threads")
    print(f"   {'':34} {'fit':>9} {'processor':>10} {'peak':>9}")
    for model, peers in PEERS.items():
        bundle = f"{model}.akin"
        best = None
        for _ in range(3):
            report, cpu, peak = timed([akin, "train", model, "-d", data, "-o", bundle, "--holdout", "none", "--threads",
                                       threads, "--json", "--quiet", *map(str, AKIN[model])])
            if best is None or report["seconds"] < best[0]:
                best = report["seconds"], cpu, peak
        print(f"   {'akin ' + model:34} {best[0]:8.2f}s {best[1]:9.2f}s {best[2]:5.0f} MiB   whole program's processor time")
        for label, _ in peers:
            out = "peer.npz"
            report, _, peak = timed([sys.executable, __file__, "--peer", label, data, out])
            quality, equal = QUALITY[model](x, bundle, np.load(out))
            print(f"   {label:34} {report['seconds']:8.2f}s {report['cpu']:9.2f}s {peak:5.0f} MiB"
                  f"   {report['seconds'] / best[0]:.1f} times; {quality}{'' if equal else '  NOT EQUAL'}")


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        run_peer(*sys.argv[2:5])
    else:
        main()
