"""Samples per second of `akin net train` and of plain PyTorch loops, side by side.

Usage: net_speed.py AKIN [--threads N] [--rounds N] [NET...]        needs numpy and torch, such as PyPI's wheel for CPUs

Both train the same layers on the same generated samples, with the same optimizer, batch size and number of epochs: the nets
of examples/nets and recurrent ones over text. PyTorch's loop holds the samples as tensors, draws a permutation an epoch, and
takes its batches by index; "sparse" is the same with sparse gradients of embeddings and SparseAdam (akin: lazy = true).
A round trains each net once with each program, one after the other. The figures are medians, over the rounds, of the epochs
after the first, and of the rounds' ratios. Neither reading the samples nor starting the programs counts. akin chooses its threads, at most N.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as akin does: on a busy machine, threads that spin take minutes
import numpy as np
import torch
from torch import nn

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples" / "nets"
WORDS, STEPS = 21_400, 64  # as many as rt-polarity has; sentences of 21 words
RECURRENT = """
name = "text-{kind}"
[[layers]]
kind = "input"
name = "words"
shape = [64]
[[layers]]
kind = "embedding"
rows = "words+1"
units = 100
[[layers]]
kind = "{kind}"
units = 128
[[layers]]
kind = "dense"
units = 1
activation = "sigmoid"
[train]
optimizer = "adam"
loss = "binary_crossentropy"
epochs = 3
batch_size = 64
[data]
"""


class Dot(nn.Module):
    def __init__(self, sparse):
        super().__init__()
        self.users, self.items = (nn.Embedding(rows, 30, sparse=sparse) for rows in (22364, 12102))

    def forward(self, x):
        return (self.users(x[:, 0]) * self.items(x[:, 1])).sum(1, keepdim=True)


class Mlp(Dot):
    def __init__(self, sparse):
        super().__init__(sparse)
        self.rest = nn.Sequential(nn.Dropout(0.5), nn.Linear(60, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.rest(torch.cat([self.users(x[:, 0]), self.items(x[:, 1])], 1))


def classifier(inputs):
    return nn.Sequential(nn.Linear(inputs, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))


class MultiHot(nn.Module):
    def __init__(self, _):
        super().__init__()
        self.rest = classifier(WORDS + 1)

    def forward(self, x):
        hot = torch.zeros(len(x), WORDS + 1).scatter_(1, x, 1.0)
        hot[:, 0] = 0
        return self.rest(hot)


class Kim(nn.Module):
    def __init__(self, sparse):
        super().__init__()
        self.vectors = nn.Embedding(WORDS + 1, 50, sparse=sparse)
        self.windows = nn.ModuleList(nn.Conv1d(50, 50, width, padding="same") for width in (3, 4))
        self.rest = nn.Sequential(nn.Dropout(0.5), nn.Linear(100, 1))

    def forward(self, x):
        vectors = self.vectors(x).transpose(1, 2)
        return self.rest(torch.cat([window(vectors).relu().amax(2) for window in self.windows], 1))


class Recurrent(nn.Module):
    def __init__(self, layer, sparse):
        super().__init__()
        self.vectors = nn.Embedding(WORDS + 1, 100, sparse=sparse)
        self.layer, self.last = layer(100, 128, batch_first=True), nn.Linear(128, 1)

    def forward(self, x):
        return self.last(self.layer(self.vectors(x))[0][:, -1])


def ratings(rng, n=16_000):
    """Users and items as frequent as Zipf has it, with 1 to 5 stars."""
    x = np.stack([1 + rng.permutation(rows - 1)[(rng.zipf(1.3, n) - 1) % (rows - 1)] for rows in (22364, 12102)], 1)
    return x, rng.integers(1, 6, (n, 1)).astype(np.float32)


def sentences(rng, n):
    lengths = rng.poisson(21, n).clip(1, STEPS)
    x = 1 + (rng.zipf(1.2, (n, STEPS)) - 1) % WORDS
    x[np.arange(STEPS) < STEPS - lengths[:, None]] = 0  # empty places come first
    return x, rng.integers(0, 2, (n, 1)).astype(np.float32)


def numbers(rng, n=1536):
    return rng.integers(0, 2, (n, 10_000)).astype(np.float32), rng.integers(0, 2, (n, 1)).astype(np.float32)


# Net: PyTorch's module, samples, input columns by layer, optimizer, loss, batch size, epochs
RMSPROP = (torch.optim.RMSprop, dict(lr=0.001, alpha=0.9, eps=1e-8))
ADAM = (torch.optim.Adam, dict(lr=0.001))
ADADELTA = (torch.optim.Adadelta, dict(lr=1.0, rho=0.95, eps=1e-8))
PAIRS, TEXT = dict(user=[0], item=[1]), dict(words=range(STEPS))
NETS = {
    "rating-dot": (Dot, ratings, PAIRS, ADAM, nn.L1Loss(), 64, 4),
    "rating-mlp": (Mlp, ratings, PAIRS, ADAM, nn.L1Loss(), 64, 4),
    "simple-classifier": (lambda _: classifier(10_000), numbers, dict(x=range(10_000)), RMSPROP,
                          nn.BCEWithLogitsLoss(), 512, 6),
    "text-classifier": (MultiHot, lambda rng: sentences(rng, 4096), TEXT, RMSPROP, nn.BCEWithLogitsLoss(), 512, 3),
    "kim-cnn": (Kim, lambda rng: sentences(rng, 2000), TEXT, ADADELTA, nn.BCEWithLogitsLoss(), 50, 3),
    "text-lstm": (lambda sparse: Recurrent(nn.LSTM, sparse), lambda rng: sentences(rng, 1024), TEXT, ADAM,
                  nn.BCEWithLogitsLoss(), 64, 3),
    "text-gru": (lambda sparse: Recurrent(nn.GRU, sparse), lambda rng: sentences(rng, 1024), TEXT, ADAM,
                 nn.BCEWithLogitsLoss(), 64, 3),
}


def run_torch(name, x, y, sparse):
    make, _, _, (optimizer, settings), loss_of, batch, epochs = NETS[name]
    torch.manual_seed(1)
    net = make(sparse)
    tables = [m.weight for m in net.modules() if isinstance(m, nn.Embedding) and sparse]
    others = [p for p in net.parameters() if not any(p is table for table in tables)]
    optimizers = [optimizer(others, **settings)] if others else []
    if tables:
        optimizers.append(torch.optim.SparseAdam(tables, lr=0.001))
    x = torch.from_numpy(x.astype(np.float32 if x.dtype == np.float32 else np.int64))
    y = torch.from_numpy(y)
    seconds = []
    for _ in range(epochs):
        begin = time.perf_counter()
        order, total = torch.randperm(len(x)), torch.zeros(())
        for rows in order.split(batch):
            for one in optimizers:
                one.zero_grad()
            loss = loss_of(net(x[rows]), y[rows])
            loss.backward()
            for one in optimizers:
                one.step()
            total += loss.detach()
        total.item()
        seconds.append(time.perf_counter() - begin)
    return len(x) / statistics.median(seconds[1:])


def plan_of(name, path, lazy):
    """The example as akin is given it: all samples are trained on, and columns of a table are its inputs."""
    _, _, inputs, _, _, _, epochs = NETS[name]
    file = EXAMPLES / f"{name}.toml"
    text = file.read_text() if file.exists() else RECURRENT.format(kind=name.removeprefix("text-"))
    lines = [line for line in text.split("[data]")[0].splitlines()
             if not line.startswith(("validation_split", "patience", "epochs", "metrics", "lazy"))]
    lines = [line.replace('"words+1"', str(WORDS + 1)) for line in lines]
    lines += [f"epochs = {epochs}", f"lazy = {str(lazy).lower()}", "[data]", 'kind = "csv"', 'target = "y"']
    for layer, columns in inputs.items():
        lines.append(f"inputs.{layer} = {json.dumps([f'c{c}' for c in columns])}")
    path.write_text("\n".join(lines) + "\n")


def run_akin(akin, name, work, threads, lazy):
    plan_of(name, work / "net.toml", lazy)
    samples = work / f"{name}.csv"
    command = [akin, "net", "train", work / "net.toml", "--data", samples, "-o", work / "out.net", "--json", "--quiet"]
    if threads:
        command += ["--threads", str(threads)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return statistics.median(epoch["seconds"] for epoch in result["epochs"][1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("akin")
    parser.add_argument("nets", nargs="*", metavar="NET")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch [2]")
    parser.add_argument("--akin-threads", type=int, default=0, help="of akin [0: as it chooses]")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    names = arguments.nets or list(NETS)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        samples = {}
        for name in names:
            x, y = samples[name] = NETS[name][1](np.random.default_rng(1))
            header = ",".join([f"c{c}" for c in range(x.shape[1])] + ["y"])
            np.savetxt(work / f"{name}.csv", np.concatenate([x, y], 1), "%d", ",", header=header, comments="")
        variants = [(name, False) for name in names]
        variants += [(name, True) for name in names if NETS[name][3] is ADAM]
        speeds = {variant: ([], []) for variant in variants}
        for _ in range(arguments.rounds):
            for name, sparse in variants:
                x, y = samples[name]
                seconds = run_akin(arguments.akin, name, work, arguments.akin_threads, sparse)
                speeds[name, sparse][0].append(len(x) / seconds)
                speeds[name, sparse][1].append(run_torch(name, x, y, sparse))
                print(name, sparse, *(round(speed[-1]) for speed in speeds[name, sparse]), file=sys.stderr, flush=True)
    print(f"PyTorch {torch.__version__}, {arguments.threads} threads; samples per second, median of {arguments.rounds}")
    for (name, sparse), (ours, theirs) in speeds.items():
        a, b = statistics.median(ours), statistics.median(theirs)
        ratio = statistics.median(one / other for one, other in zip(ours, theirs))  # of a round, on a machine as busy
        print(f"{name + (', sparse' if sparse else ''):28} akin {a:10,.0f}   PyTorch {b:10,.0f}   akin/PyTorch {ratio:6.2f}")


if __name__ == "__main__":
    main()
