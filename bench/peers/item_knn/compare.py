"""Times the fit of item neighbors by akin and by implicit, and compares their lists. Used by run.sh.

Usage: compare.py AKIN DATA THREADS [SIMILARITY ...]
"""
import json
import pathlib
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
from scipy.sparse import csr_matrix

warnings.filterwarnings("ignore")  # a clash of version checks inside implicit, of no effect here
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import akin_data

NEIGHBORS = 100
PEERS = {"cosine": CosineRecommender, "tfidf": TFIDFRecommender, "bm25": BM25Recommender}


def processor(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def run_akin(akin, data, model, threads, *flags):
    """Seconds of the fit as akin reports them, processor seconds of the whole program."""
    before = processor(resource.RUSAGE_CHILDREN)
    output = subprocess.run([akin, "train", model, "-d", data, "-o", "bench.akin", "--holdout", "none", "--json", "--quiet",
                             "--threads", str(threads), *flags], check=True, capture_output=True).stdout
    return json.loads(output)["seconds"], processor(resource.RUSAGE_CHILDREN) - before


def akin_lists(n_items):
    found, _ = akin_data.tensors("bench.akin")
    parts = (found[f"model.neighbors.{name}"] for name in ("values", "indices", "offsets"))
    return csr_matrix(tuple(parts), (n_items, n_items))


def same_lists(ours, theirs):
    """Largest difference between the k-th best similarity in both, over all items, relative to the larger."""
    worst = 0.0
    for row in range(0, ours.shape[0], max(1, ours.shape[0] // 500)):
        a = np.sort(ours.data[ours.indptr[row]:ours.indptr[row + 1]])[::-1]
        entries = slice(theirs.indptr[row], theirs.indptr[row + 1])
        b = np.sort(theirs.data[entries][theirs.indices[entries] != row])[::-1]
        n = min(len(a), len(b), NEIGHBORS)
        if n:
            worst = max(worst, np.max(np.abs(a[:n] - b[:n]) / np.maximum(a[:n], b[:n])))
    return worst


def main():
    akin, data, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found, _ = akin_data.tensors(data)
    matrix = csr_matrix((np.ones(len(found["events.user"]), np.float32), (found["events.user"], found["events.item"])))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    products = int(np.sum(np.diff(matrix.indptr).astype(np.int64)**2))
    rounds = 3 if matrix.nnz < 5_000_000 else 1
    print(f"== {data.removesuffix('.data')}: {matrix.shape[0]} users x {matrix.shape[1]} items, {matrix.nnz} pairs, "
          f"{products / 1e6:.0f} M products, {threads} threads, best of {rounds}")
    print(f"   {'':10} {'implicit':>18} {'akin':>18} {'ratio':>14}   lists differ by")
    for similarity in sys.argv[4:] or PEERS:
        best = {name: [np.inf, np.inf] for name in ("implicit", "akin", "reading")}

        def keep(name, wall, cpu):
            best[name] = [min(best[name][0], wall), min(best[name][1], cpu)]

        for _ in range(rounds):
            # One more neighbor: implicit counts the item itself among them.
            peer = PEERS[similarity](K=NEIGHBORS + 1, num_threads=threads)
            start, used = time.perf_counter(), processor(resource.RUSAGE_SELF)
            peer.fit(matrix, show_progress=False)
            keep("implicit", time.perf_counter() - start, processor(resource.RUSAGE_SELF) - used)
            # What the program does besides fitting: reading, splitting, writing.
            wall, cpu = run_akin(akin, data, "popularity", threads)
            keep("reading", wall, cpu)
            wall, cpu = run_akin(akin, data, "item-knn", threads, "--similarity", similarity, "--shrinkage", "0",
                                 "--neighbors", str(NEIGHBORS), "--neighbors-of", "history")
            keep("akin", wall, cpu)
        best["akin"][1] -= best["reading"][1]
        wall, cpu = (best["implicit"][k] / best["akin"][k] for k in (0, 1))
        # The others weigh by other formulas (implicit's idf has no + 1), so their lists are alike, not the same.
        differ = f"{same_lists(akin_lists(matrix.shape[1]), peer.similarity):.1e}" if similarity == "cosine" else "-"
        print(f"   {similarity:10} {best['implicit'][0]:8.3f} ({best['implicit'][1]:6.3f}) {best['akin'][0]:8.3f} "
              f"({best['akin'][1]:6.3f}) {wall:6.1f} ({cpu:5.1f})   {differ}")


if __name__ == "__main__":
    main()
