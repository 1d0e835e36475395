"""ALS by akin and by implicit: the same events, objective and number of epochs; speed, loss and NDCG@10. Used by run.sh.

Usage: compare.py AKIN DATA HOLDOUT THREADS [cg]     (HOLDOUT as for `akin train`; cg = leave out the exact solvers)
"""

import json
import pathlib
import subprocess
import sys
import time
import warnings

import numpy as np
from scipy.sparse import csr_matrix

warnings.filterwarnings("ignore")  # a clash of version checks inside implicit, of no effect here
from implicit.cpu.als import AlternatingLeastSquares

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import akin_data

ALPHA, REGULARIZATION = 1.0, 0.03
EPOCHS = {"cg": 10, "exact": 2}


def matrix(tensors, part, shape):
    rows, columns = tensors[f"{part}.user"], tensors[f"{part}.item"]
    result = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape)
    result.sum_duplicates()
    result.data[:] = 1
    return result


def loss(users, items, train):
    """sum c (p - x.y)^2 + lambda (|X|^2 + |Y|^2) over all cells, in double precision."""
    x, y = users.astype(np.float64), items.astype(np.float64)
    total = ((x.T @ x) * (y.T @ y)).sum() + REGULARIZATION * ((x**2).sum() + (y**2).sum())
    rows = np.repeat(np.arange(train.shape[0]), np.diff(train.indptr))
    for begin in range(0, len(rows), 1_000_000):
        part = slice(begin, begin + 1_000_000)
        scores = np.einsum("ij,ij->i", x[rows[part]], y[train.indices[part]])
        total += ((1 + ALPHA) * (1 - scores) ** 2 - scores**2).sum()
    return total


def ndcg(users, items, train, test, k=10):
    """Of up to 20,000 users with held-out events, all items ranked, training items left out."""
    asked = np.flatnonzero(np.diff(test.indptr))[:20_000]
    discount, total = 1 / np.log2(np.arange(2, k + 2)), 0.0
    ideal = np.concatenate([[0], np.cumsum(discount)])
    for begin in range(0, len(asked), 500):
        batch = asked[begin:begin + 500]
        scores = users[batch] @ items.T
        seen, held = train[batch], test[batch]
        line = np.repeat(np.arange(len(batch)), np.diff(seen.indptr))
        scores[line, seen.indices] = -np.inf
        top = np.argpartition(-scores, k, axis=1)[:, :k]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable"), 1)
        hits = np.asarray(held[np.arange(len(batch))[:, None], top].todense())
        total += ((hits @ discount) / ideal[np.minimum(np.diff(held.indptr), k)]).sum()
    return total / len(asked)


def run_akin(akin, data, holdout, threads, flags):
    """Seconds of the fit as akin reports them, and its bundle."""
    command = [akin, "train", "als", "-d", data, "--holdout", holdout, "-o", "compare.akin", "--threads", str(threads),
               "--json", "--quiet", "--no-use-values", "--alpha", str(ALPHA), "--count-power", "0", "--regularization",
               str(REGULARIZATION), *flags]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["seconds"]


def main():
    akin, data, holdout, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    solvers = ("cg",) if sys.argv[5:] == ["cg"] else ("cg", "exact")
    print(f"== {pathlib.Path(data).stem}, {threads} threads: seconds of a fit, loss, NDCG@10")
    for factors in (64, 128):
        for solver in solvers:
            epochs = EPOCHS[solver]
            flags = ["--factors", str(factors), "--epochs", str(epochs)]
            rows = {f"akin cg, {n} step{'s' * (n > 1)}": [*flags, "--solver", "cg", "--cg-steps", str(n)] for n in (1, 2)}
            if solver == "exact":
                rows = {"akin exact": [*flags, "--solver", "exact"]}
            ours = {}
            for name, arguments in rows.items():
                seconds = min(run_akin(akin, data, holdout, threads, arguments) for _ in range(2))
                tensors, _ = akin_data.tensors("compare.akin")
                users, items = tensors["model.users"], tensors["model.items"]
                shape = (len(users), len(items))
                train, test = matrix(tensors, "events", shape), matrix(tensors, "test", shape)
                test = (test - test.multiply(train)).tocsr()
                test.eliminate_zeros()
                ours[name] = (seconds, loss(users, items, train), ndcg(users, items, train, test))
            model = AlternatingLeastSquares(factors=factors, regularization=REGULARIZATION, alpha=1.0 + ALPHA,
                                            use_cg=solver == "cg", iterations=epochs, num_threads=threads, random_state=1)
            start = time.perf_counter()
            model.fit(train, show_progress=False)
            seconds = time.perf_counter() - start
            theirs = (loss(model.user_factors, model.item_factors, train),
                      ndcg(model.user_factors, model.item_factors, train, test))
            print(f"   {factors:3} factors, {epochs:2} epochs  implicit {solver:13} {seconds:8.3f} s   "
                  f"{theirs[0]:14.0f}  {theirs[1]:.4f}")
            for name, (own, value, quality) in ours.items():
                print(f"   {'':24} {name:22} {own:8.3f} s   {value:14.0f}  {quality:.4f}   {seconds / own:5.1f} times")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
