"""Seconds per epoch of `akin text train` and of plain PyTorch loops over the same texts, side by side.

Usage: nets.py AKIN --sentences FILE [--reviews FILE] [--threads N] [--rounds N]      needs torch, such as PyPI's wheel for CPUs

FILE of sentences: lines of a label, a blank and words (rt-polarity.all). FILE of reviews: JSON lines, gzip, with reviewText and
overall (McAuley's reviews_Musical_Instruments_5.json.gz); those of at least 200 words count, cut at 300.
Both train the same layers, with the same optimizer, dropout and batch size, on the same words (between white space). PyTorch's
loop draws a permutation an epoch and fills each batch with zeros up to its longest text; "sorted" fills less: it sorts the texts of 50
batches at a time by length, as akin does. An epoch's time is the difference between four epochs and one, over three, so that
neither reading nor starting counts. Figures are medians over the rounds; a round runs each program once, one after the other.
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as akin does: on a busy machine, threads that spin take minutes
import torch
from torch import nn

BATCH, FACTORS = 50, 100


class Cnn(nn.Module):
    def __init__(self, words, classes):
        super().__init__()
        self.table = nn.Embedding(words + 1, FACTORS, padding_idx=0)
        self.convolutions = nn.ModuleList(nn.Conv1d(FACTORS, 100, width, padding=width - 1) for width in (3, 4, 5))
        self.output = nn.Linear(300, classes)

    def forward(self, lists, lengths):
        x = self.table(lists).transpose(1, 2)
        features = torch.cat([torch.relu(c(x)).amax(2) for c in self.convolutions], 1)
        return self.output(torch.dropout(features, 0.5, self.training))

    def after_step(self):
        with torch.no_grad():
            self.output.weight.renorm_(2, 0, 3.0)


class Lstm(nn.Module):
    def __init__(self, words, classes):
        super().__init__()
        self.table = nn.Embedding(words + 1, FACTORS, padding_idx=0)
        self.layer = nn.LSTM(FACTORS, 100, batch_first=True)
        self.output = nn.Linear(100, classes)

    def forward(self, lists, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.table(lists), lengths, batch_first=True, enforce_sorted=False)
        return self.output(torch.dropout(self.layer(packed)[1][0][0], 0.5, self.training))

    def after_step(self):
        pass


NETS = {
    "text-cnn": (Cnn, lambda p: torch.optim.Adadelta(p, lr=1.0, rho=0.95, eps=1e-6)),
    "text-lstm": (Lstm, lambda p: torch.optim.Adam(p)),
}


def batches(lists, by_length):
    order = torch.randperm(len(lists)).tolist()
    if by_length:
        chunk = 50 * BATCH
        order = [t for i in range(0, len(order), chunk) for t in sorted(order[i : i + chunk], key=lambda t: len(lists[t]))]
    cut = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    return [cut[i] for i in torch.randperm(len(cut)).tolist()] if by_length else cut


def torch_seconds(name, lists, labels, words, by_length):
    """Of an epoch."""
    torch.manual_seed(1)
    make, optimizer = NETS[name]
    net = make(words, max(labels) + 1).train()
    step = optimizer(net.parameters())
    tensors, targets = [torch.tensor(text) for text in lists], torch.tensor(labels)
    times = []
    for _ in range(4):
        start = time.perf_counter()
        for batch in batches(lists, by_length):
            texts = nn.utils.rnn.pad_sequence([tensors[t] for t in batch], batch_first=True)
            lengths = torch.tensor([len(lists[t]) for t in batch])
            loss = nn.functional.cross_entropy(net(texts, lengths), targets[batch])
            step.zero_grad()
            loss.backward()
            step.step()
            net.after_step()
        times.append(time.perf_counter() - start)
    return statistics.mean(times[1:])


def akin_seconds(akin, name, path, threads, folder):
    def seconds(epochs):
        start = time.perf_counter()
        subprocess.run(
            [akin, "text", "train", name, "--data", path, "-o", folder / "model", "--epochs", str(epochs), "--patience", "0",
             "--validation-share", "0", "--tokens", "space", "--no-lowercase", "--threads", str(threads), "--quiet"],
            check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        return time.perf_counter() - start

    return (seconds(4) - seconds(1)) / 3


def sentences(path):
    return [line.split(" ", 1) for line in open(path, encoding="latin-1").read().split("\n") if " " in line]


def reviews(path):
    rows = []
    for line in gzip.open(path, "rt", encoding="utf-8"):
        review = json.loads(line)
        text = review.get("reviewText", "").lower().split()
        if len(text) >= 200:
            rows.append((str(int(review["overall"])), " ".join(text[:300])))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("akin")
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--reviews")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = {"sentences": sentences(options.sentences)}
    if options.reviews:
        data["reviews"] = reviews(options.reviews)
    print(f"torch {torch.__version__}, {options.threads} threads, medians of {options.rounds} rounds; seconds per epoch")
    print("| net | texts | words of a text | akin | PyTorch | PyTorch sorted | ratio | ratio, sorted |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for kind, rows in data.items():
            path = folder / f"{kind}.txt"
            path.write_text("".join(f"{label}\t{text}\n" for label, text in rows), encoding="utf-8")
            table, classes = {}, {}
            lists = [[table.setdefault(word, len(table) + 1) for word in text.split()] for _, text in rows]
            labels = [classes.setdefault(label, len(classes)) for label, _ in rows]
            mean = sum(map(len, lists)) / len(lists)
            for name in NETS:
                rounds = []
                for _ in range(options.rounds):
                    rounds.append((akin_seconds(options.akin, name, path, options.threads, folder),
                                   torch_seconds(name, lists, labels, len(table), False),
                                   torch_seconds(name, lists, labels, len(table), True)))  # fmt: skip
                own, plain, by_length = (statistics.median(r[i] for r in rounds) for i in range(3))
                ratios = [statistics.median(r[i] / r[0] for r in rounds) for i in (1, 2)]
                print(f"| {name} | {len(rows):,} {kind} | {mean:.0f} | {own:.2f} | {plain:.2f} | {by_length:.2f} | {ratios[0]:.1f} | {ratios[1]:.1f} |",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
