"""BPR by akin and by implicit on the same events. Used by run.sh.

Usage: compare.py speed|quality AKIN DATA THREADS
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from akin_data import tensors

warnings.filterwarnings("ignore")  # a clash of version checks inside implicit, of no effect here
from implicit.bpr import BayesianPersonalizedRanking

ROUNDS = 3


def processor():
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def train(akin, data, threads, **flags):
    """Trains akin's bpr; the bundle's path and the seconds of the fit as akin reports them."""
    command = [akin, "train", "bpr", "-d", data, "-o", "bpr.akin", "--threads", str(threads), "--json", "--quiet"]
    for name, value in flags.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["seconds"]


def matrix(columns, prefix, shape, train_only=False):
    """Events as a matrix of ones."""
    user, item = columns[prefix + ".user"], columns[prefix + ".item"]
    if train_only:
        kept = columns[prefix + ".part"] == 0
        user, item = user[kept], item[kept]
    result = csr_matrix((np.ones(len(user), np.float32), (user, item)), shape=shape)
    result.data[:] = 1
    return result


def peer(events, threads, **flags):
    """Fits implicit's; the model and the seconds."""
    model = BayesianPersonalizedRanking(num_threads=threads, random_state=1, **flags)
    start = time.perf_counter()
    model.fit(events, show_progress=False)
    return model, time.perf_counter() - start


def lists_of(users, items, seen, rows, count):
    """The best items of each row that it has not seen."""
    scores = users[rows] @ items.T
    part = seen[rows].tocoo()
    scores[part.row, part.col] = -np.inf
    best = np.argpartition(-scores, count, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def quality(akin, data, threads):
    """HR@10 and NDCG@10 of a random fifth of the events, all items ranked, after as many epochs."""
    factors, epochs = 64, 60
    discount = 1 / np.log2(np.arange(2, 12))

    def report(name, users, items):
        best = lists_of(users, items, events, rows, 10)
        hit = np.asarray(held[np.repeat(rows, 10), best.ravel()]).reshape(-1, 10) > 0
        ideal = np.cumsum(discount)[np.minimum(np.diff(held.indptr)[rows], 10) - 1]
        print(f"  {name:<62} {hit.any(axis=1).mean():.4f} {((hit * discount).sum(axis=1) / ideal).mean():.4f}", flush=True)

    print(f"{data}: {factors} factors, {epochs} epochs; HR@10, NDCG@10 of a random fifth")
    for name, flags in (("akin, its defaults", {}),
                        ("akin, negatives as implicit draws them: by popularity", {"sampler": "popularity", "negatives_power": 1}),
                        ("akin, hard negatives", {"sampler": "hard"})):
        train(akin, data, threads, factors=factors, epochs=epochs, holdout="ratio:0.2", **flags)
        bundle, _ = tensors("bpr.akin")
        shape = (len(bundle["model.users"]), len(bundle["model.items"]))
        events, held = matrix(bundle, "events", shape, True), matrix(bundle, "test", shape)
        rows = np.flatnonzero(np.diff(held.indptr))
        report(name, bundle["model.users"], bundle["model.items"])
    # One of implicit's columns is the item's bias.
    for rate, penalty in ((0.01, 0.01), (0.05, 0.003)):
        model, _ = peer(events, threads, factors=factors, iterations=epochs, learning_rate=rate, regularization=penalty)
        name = f"implicit, learning rate {rate}, regularization {penalty}"
        report(name + (" (defaults)" if (rate, penalty) == (0.01, 0.01) else ""), model.user_factors, model.item_factors)


def speed(akin, data, threads):
    """Seconds per epoch: time of a longer fit minus a shorter one, the minimum over rounds; the programs alternate."""
    columns, _ = tensors(data)
    shape = (int(columns["events.user"].max()) + 1, int(columns["events.item"].max()) + 1)
    events = matrix(columns, "events", shape)
    few, many = (1, 6) if events.nnz < 5_000_000 else (1, 2)
    rounds = ROUNDS if events.nnz < 5_000_000 else 1
    for factors in (64, 128):
        least = {}
        for _ in range(rounds):
            for epochs in (few, many):
                before = processor()
                least.setdefault(("akin", epochs), []).append(
                    train(akin, data, threads, factors=factors, epochs=epochs, holdout="none"))
                middle = processor()
                least.setdefault(("implicit", epochs), []).append(
                    peer(events, threads, factors=factors, iterations=epochs)[1])
                least.setdefault(("akin processor", epochs), []).append(middle - before)
                least.setdefault(("implicit processor", epochs), []).append(processor() - middle)

        def nanoseconds(name):
            seconds = min(least[(name, many)]) - min(least[(name, few)])
            return seconds / (many - few) / events.nnz * 1e9

        ours, theirs = nanoseconds("akin"), nanoseconds("implicit")
        own, other = nanoseconds("akin processor"), nanoseconds("implicit processor")
        print(f"{data:<22} {shape[0]:>7} x {shape[1]:<6} {events.nnz:>10,} pairs  {factors:>3} factors  {threads} thread(s)  "
              f"ns a pair: akin {ours:5.0f}, implicit {theirs:5.0f}, ratio {theirs / ours:4.1f}   "
              f"processor: {own:5.0f}, {other:5.0f}, ratio {other / own:4.1f}", flush=True)


if __name__ == "__main__":
    {"speed": speed, "quality": quality}[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
