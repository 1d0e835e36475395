"""Does akin's neumf learn what a plain PyTorch loop learns? HR@10 and NDCG@10 of both after the same epochs.

Usage: torch_quality.py NCF_FOLDER AKIN [EPOCHS] [SEED]       needs torch and numpy; NCF_FOLDER holds ml-1m.*

Both train NeuMF (He et al. 2017): factors 32, mlp_factors 32, layers 32, 16, 8, vectors from N(0, 0.01^2), layers as
Glorot, Adam 0.001, minibatches of 256, four negatives per event sampled in each epoch, no regularization, constant
steps; and rank the event left out among the file's 99 items. torch updates whole tables in each step. One thread each. Prints the mean
loss of each epoch too. EPOCHS (5) is not chosen by the result.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from torch_loop import NeuMf


def read(folder):
    train = np.loadtxt(folder / "ml-1m.train.rating", dtype=np.int64, usecols=(0, 1))
    tests = np.loadtxt(folder / "ml-1m.test.rating", dtype=np.int64, usecols=(0, 1))
    drawn = np.array([[int(item) for item in line.split("\t")[1:]] for line in open(folder / "ml-1m.test.negative")])
    return train, np.hstack([tests[:, 1:], drawn])


def negatives(users, keys, items, generator):
    drawn = generator.integers(items, size=len(users))
    while len(again := np.flatnonzero(np.isin(users * items + drawn, keys))):
        drawn[again] = generator.integers(items, size=len(again))
    return drawn


def torch_scores(train, candidates, epochs, seed):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    generator = np.random.default_rng(seed)
    net = NeuMf(sparse=False)
    for table in net.vectors:
        torch.nn.init.normal_(table.weight, std=0.01)
    for layer in [*net.layers, net.output]:
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    adam, loss_of = torch.optim.Adam(net.parameters()), torch.nn.BCEWithLogitsLoss()
    users, items = train.T
    n_items = net.vectors[1].num_embeddings
    keys = np.unique(users * n_items + items)
    losses, seconds = [], 0
    for _ in range(epochs):
        all_users = np.tile(users, 5)
        all_items = np.concatenate([items, negatives(all_users[len(users):], keys, n_items, generator)])
        targets = np.repeat(np.float32([1, 0]), [len(users), 4 * len(users)])
        order = generator.permutation(len(all_users))
        batches = [torch.from_numpy(column[order]).split(256) for column in (all_users, all_items, targets)]
        started, total = time.perf_counter(), 0.0
        for user, item, target in zip(*batches):
            adam.zero_grad(set_to_none=True)
            loss = loss_of(net(user, item), target)
            loss.backward()
            adam.step()
            total += loss.item() * len(user)
        losses.append(total / len(all_users))
        seconds += time.perf_counter() - started
    net.eval()
    with torch.no_grad():
        rows = torch.arange(len(candidates)).repeat_interleave(candidates.shape[1])
        scores = net(rows, torch.from_numpy(candidates.ravel())).numpy().reshape(candidates.shape)
    rank = (scores[:, 1:] >= scores[:, :1]).sum(1)
    ndcg = np.where(rank < 10, 1 / np.log2(rank + 2), 0)
    return losses, (rank < 10).mean(), ndcg.mean(), seconds / epochs


def akin_scores(folder, akin, epochs, seed):
    def run(*arguments):
        return subprocess.run([akin, *arguments], cwd=work, check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as work:
        run("import", "ncf", str(folder / "ml-1m"), "-o", "ml.data")
        report = json.loads(run("train", "neumf", "-d", "ml.data", "-o", "n.akin", "--holdout", "given", "--factors", "32",
                              "--mlp-factors", "32", "--layers", "32,16,8", "--regularization", "0",
                              "--mlp-regularization", "0", "--schedule", "constant", "--epochs", str(epochs),
                              "--threads", "1", "--seed", str(seed), "--json"))
        lines = run("evaluate", "n.akin", "--accuracy-only", "--cutoffs", "10").splitlines()
    found = {words[0]: float(words[1]) for words in map(str.split, lines) if words and words[0] in ("HR", "NDCG")}
    return report["losses"], found["HR"], found["NDCG"], report["seconds"] / epochs


def main(folder, akin, epochs=5, seed=1):
    folder, akin = pathlib.Path(folder).resolve(), str(pathlib.Path(akin).resolve())
    train, candidates = read(folder)
    rows = {"akin": akin_scores(folder, akin, int(epochs), int(seed)),
            f"torch {torch.__version__}": torch_scores(train, candidates, int(epochs), int(seed))}
    for name, (losses, hits, ndcg, seconds) in rows.items():
        print(f"{name:<14} HR@10 {hits:.4f}  NDCG@10 {ndcg:.4f}  s/epoch {seconds:6.1f}  losses",
              " ".join(f"{loss:.4f}" for loss in losses), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
