"""Times exact full-ranking evaluation by akin, by implicit, and the bare matrix product. Used by run.sh.

Usage: compare.py AKIN BUNDLE THREADS      (BUNDLE.users.npy and .items.npy beside it, without .akin)
"""
import json
import pathlib
import resource
import struct
import subprocess
import sys
import time
import warnings

import numpy as np
from scipy.sparse import csr_matrix

warnings.filterwarnings("ignore")  # a clash of version checks inside implicit, of no effect here
from implicit.cpu.als import AlternatingLeastSquares
from implicit.evaluation import ranking_metrics_at_k

CUTOFFS = (5, 10, 20)
BATCH = 1000  # users, what implicit's own evaluation takes
ROUNDS = 7


def read_bundle(path):
    """Tensors of a bundle by name: docs/files.md."""
    raw = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])

    def tensor(name, dtype):
        begin, end = header[name]["data_offsets"]
        return np.frombuffer(raw, dtype, (end - begin) // np.dtype(dtype).itemsize, 8 + size + begin)

    return tensor


def processor():
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def metrics(lists, test, rows):
    """The six metrics of docs/evaluation.md at each cutoff, mean over users, from lists of items."""
    sizes = np.diff(test.indptr)[rows]
    held = np.repeat(np.arange(test.shape[0]), np.diff(test.indptr)) * test.shape[1] + test.indices
    keys = rows[:, None].astype(np.int64) * test.shape[1] + lists
    place = np.searchsorted(held, keys)
    hits = (held[np.minimum(place, len(held) - 1)] == keys).astype(np.float64)
    discount = 1 / np.log2(np.arange(2, max(CUTOFFS) + 2))
    ideal = np.concatenate([[0], np.cumsum(discount)])
    result = []
    for k in CUTOFFS:
        h = hits[:, :k]
        best = np.minimum(sizes, k)
        ranks = np.arange(1, k + 1)
        first = np.where(h.any(axis=1), h.argmax(axis=1) + 1.0, np.inf)
        result.append({
            "cutoff": k, "hr": h.any(axis=1).mean(), "recall": (h.sum(axis=1) / sizes).mean(),
            "precision": h.sum(axis=1).mean() / k, "ndcg": (h @ discount[:k] / ideal[best]).mean(),
            "map": ((h * np.cumsum(h, axis=1) / ranks).sum(axis=1) / best).mean(), "mrr": (1 / first).mean(),
        })
    return result


def main():
    akin, bundle, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    name = bundle.removesuffix(".akin")
    users, items = (np.load(f"{name}.{what}.npy") for what in ("users", "items"))
    tensor = read_bundle(bundle)

    def matrix(part):
        rows, columns = tensor(f"{part}.user", np.uint32), tensor(f"{part}.item", np.uint32)
        result = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (len(users), len(items)))
        result.sum_duplicates()
        result.data[:] = 1
        return result

    train, test = matrix("events"), matrix("test")
    test = (test - test.multiply(train)).tocsr()
    test.eliminate_zeros()
    test.sort_indices()
    rows = np.flatnonzero(np.diff(test.indptr))
    model = AlternatingLeastSquares(factors=items.shape[1], num_threads=threads)
    model.user_factors, model.item_factors = users, items
    scores = np.empty((BATCH, len(items)), np.float32)
    found = {}

    def product():
        for begin in range(0, len(rows), BATCH):
            batch = rows[begin:begin + BATCH]
            np.dot(users[batch], items.T, out=scores[:len(batch)])

    def lists():
        return np.concatenate([
            model.recommend(rows[begin:begin + BATCH], train[rows[begin:begin + BATCH]], N=max(CUTOFFS),
                            filter_already_liked_items=True)[0] for begin in range(0, len(rows), BATCH)])

    def lists_and_metrics():
        found["implicit"] = metrics(lists(), test, rows)

    def own_metrics():
        ranking_metrics_at_k(model, train, test, K=max(CUTOFFS), show_progress=False, num_threads=threads)

    def run_akin(row, *flags):
        output = subprocess.run([akin, "evaluate", bundle, "--json", "--threads", str(threads), "--quiet", *flags],
                                check=True, capture_output=True).stdout
        evaluation = json.loads(output)["evaluation"]
        found["akin"] = evaluation["metrics"]
        found[row] = min(found.get(row, np.inf), evaluation["seconds"])

    def ranking_metrics():
        run_akin("ranking", "--accuracy-only", "--resamples", "0")

    def everything():
        run_akin("everything")

    work = {"matrix product (NumPy)": product, "implicit: recommend, 20 items": lists,
            "implicit: recommend, six metrics": lists_and_metrics, "implicit: ranking_metrics_at_k": own_metrics,
            "akin evaluate, ranking metrics": ranking_metrics, "akin evaluate, everything": everything}
    wall, cpu = dict.fromkeys(work, np.inf), dict.fromkeys(work, np.inf)
    for _ in range(ROUNDS):
        for what, run in work.items():
            start, used = time.perf_counter(), processor()
            run()
            wall[what] = min(wall[what], time.perf_counter() - start)
            cpu[what] = min(cpu[what], processor() - used)
    for theirs in found["implicit"]:
        for metric in ("HR", "Recall", "Precision", "NDCG", "MAP", "MRR"):
            name_at = f"{metric}@{theirs['cutoff']}"
            mine, other = found["akin"][name_at]["value"], theirs[metric.lower()]
            assert abs(mine - other) < 1e-4, f"not the same: {name_at} {mine} {other}"
    print(f"== {name}: {len(rows)} users x {len(items)} items x {items.shape[1]}, {threads} threads, best of {ROUNDS}")
    print(f"   {'':34} {'wall':>9} {'processor':>10}")
    for what in work:
        print(f"   {what:34} {wall[what]:8.3f}s {cpu[what]:9.3f}s")
    for row in ("ranking", "everything"):
        print(f"   {'akin, ' + row + ', as it reports':34} {found[row]:8.3f}s")


if __name__ == "__main__":
    main()
