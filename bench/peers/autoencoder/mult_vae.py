"""Users per second of `akin train mult-vae` and of a plain PyTorch loop, on the same data in one run.

Usage: mult_vae.py AKIN DATA [--epochs N] [--repeats N] [--threads N] [--model mult-vae|mult-dae]

DATA is a data set of `akin import`. Set up: python3 -m venv V && V/bin/pip install torch numpy; run with V/bin/python.
Both train the net of Liang et al. (2018), I -> 600 -> 200 -> 600 -> I (mult-dae: I -> 200 -> I), batches of 500 users, dropout .5,
Adam, on all events of DATA, and take turns. The PyTorch loop is the usual one: the matrix lies in memory, a batch is made dense,
F.normalize, dropout, linear layers, log_softmax. Prints users per second inside the epochs (medians) and the final losses.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import akin_data

BATCH, DROPOUT, RATE, KL = 500, 0.5, 1e-3, 0.2


class Net(torch.nn.Module):
    def __init__(self, n_items, variational):
        super().__init__()
        self.variational = variational
        sizes = [n_items, 600, 200] if variational else [n_items, 200]
        out = sizes[:-1] + [sizes[-1] * 2 if variational else sizes[-1]]
        self.encoder = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes[:-1], out[1:]))
        self.decoder = torch.nn.ModuleList(torch.nn.Linear(b, a) for a, b in reversed(list(zip(sizes[:-1], sizes[1:]))))

    def forward(self, x):
        h = F.dropout(F.normalize(x), DROPOUT, self.training)
        for i, layer in enumerate(self.encoder):
            h = layer(h)
            if i + 1 < len(self.encoder) or not self.variational:
                h = torch.tanh(h)
        kl = 0
        if self.variational:
            mean, log_variance = h.chunk(2, dim=1)
            h = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            kl = (-0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)).mean()
        for i, layer in enumerate(self.decoder):
            h = layer(h)
            if i + 1 < len(self.decoder):
                h = torch.tanh(h)
        return h, kl


def torch_run(rows, n_items, args):
    torch.manual_seed(args.seed)
    net = Net(n_items, args.model == "mult-vae")
    adam = torch.optim.Adam(net.parameters(), lr=RATE)
    lengths = np.array([len(r) for r in rows])
    start, step, steps = time.perf_counter(), 0, 20 * -(-len(rows) // BATCH)
    for _ in range(args.epochs):
        total = 0.0
        order = np.random.default_rng(step).permutation(len(rows))
        for begin in range(0, len(order), BATCH):
            part = order[begin:begin + BATCH]
            x = torch.zeros(len(part), n_items)
            x[np.repeat(np.arange(len(part)), lengths[part]), np.concatenate([rows[u] for u in part])] = 1
            logits, kl = net(x)
            loss = -(F.log_softmax(logits, 1) * x).sum(1).mean() + min(1, step / steps) * KL * kl
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(part)
            step += 1
    return len(rows) * args.epochs / (time.perf_counter() - start), total / len(rows)


def akin_seconds(args, epochs):
    """Of the fit, and its last loss."""
    with tempfile.TemporaryDirectory() as folder:
        command = [args.akin, "train", args.model, "-d", args.data, "-o", f"{folder}/m.akin", "--holdout", "none", "--epochs",
                   str(epochs), "--threads", str(args.threads), "--seed", str(args.seed), "--json", "--quiet"]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result["seconds"], result["losses"][-1] if epochs else None


def akin_run(args, users):
    """Without what a fit of no epochs takes, which loads the library of nets."""
    begin, _ = akin_seconds(args, 0)
    seconds, loss = akin_seconds(args, args.epochs)
    return users * args.epochs / (seconds - begin), loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("akin")
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--model", default="mult-vae", choices=["mult-vae", "mult-dae"])
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found, _ = akin_data.tensors(args.data)
    users, items = found["events.user"], found["events.item"]
    n_items = int(items.max()) + 1
    pairs = np.unique(users.astype(np.int64) * n_items + items)
    rows = np.split(pairs % n_items, np.flatnonzero(np.diff(pairs // n_items)) + 1)
    print(f"{len(rows)} users, {n_items} items, {len(pairs)} pairs; {args.model}, {args.epochs} epochs, {args.threads} threads, "
          f"PyTorch {torch.__version__}")
    runs = {"akin": [], "PyTorch": []}
    for _ in range(args.repeats):
        runs["akin"].append(akin_run(args, len(rows)))
        runs["PyTorch"].append(torch_run(rows, n_items, args))
    for name, results in runs.items():
        speeds = [speed for speed, _ in results]
        print(f"{name:8} {statistics.median(speeds):9.0f} users/s  ({min(speeds):.0f} to {max(speeds):.0f})  loss {results[-1][1]:.2f}")
    print(f"ratio    {statistics.median(s for s, _ in runs['akin']) / statistics.median(s for s, _ in runs['PyTorch']):.2f}")


if __name__ == "__main__":
    main()
