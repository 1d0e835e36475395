"""Seconds an epoch of `akin train sasrec` and of RecTools' SASRec, the same net on the same data in one run, and what both find.

Usage: sasrec.py AKIN DATA [--epochs N] [--repeats N] [--threads N] [--block ligr|sasrec] [--loss softmax|sampled-softmax] ...

DATA is a data set of `akin import`. Set up: python3 -m venv V && V/bin/pip install "rectools[torch]"; run with V/bin/python.
Both learn from the last events of each user but the very last, which is tested (as many as --max-length + 1: RecTools takes no
more, and akin gets no more), with batches of 128 users, Adam, one item table for input and output. RecTools' seconds are those of
its trainer's epochs without the first, which begins slowly, akin's those of the fit without those of a fit of no epochs. They take
turns. Processor seconds, of all threads, are less disturbed by what else the machine does. HR@10 and NDCG@10 are of the users' last
events, among all items but those of the history.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from rectools.models.nn.transformers.ligr import LiGRLayers
from rectools.models.nn.transformers.sasrec import SASRecTransformerLayers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import akin_data

BATCH = 128
METRICS = ["HR@10", "NDCG@10"]


class EpochTimes(Callback):
    def __init__(self):
        self.seconds, self.cpu, self.losses = [], [], []

    def on_train_epoch_start(self, trainer, module):
        self.start = time.perf_counter(), time.process_time()

    def mean(self):
        begin = 1 if len(self.seconds) > 1 else 0
        return statistics.mean(self.seconds[begin:]), statistics.mean(self.cpu[begin:])

    def on_train_epoch_end(self, trainer, module):
        self.seconds.append(time.perf_counter() - self.start[0])
        self.cpu.append(time.process_time() - self.start[1])
        self.losses.append(float(trainer.callback_metrics.get("train_loss", float("nan"))))


def last_events(path, length):
    found, _ = akin_data.tensors(path)
    table = pd.DataFrame({"user": found["events.user"].astype(np.int64), "item": found["events.item"].astype(np.int64)})
    table = table.groupby("user", sort=False).tail(length)
    table["place"] = table.groupby("user").cumcount()
    return table


def akin_seconds(args, data, epochs):
    with tempfile.TemporaryDirectory() as folder:
        command = [args.akin, "train", "sasrec", "-d", data, "-o", f"{folder}/m.akin", "--holdout", "last", "--block", args.block,
                   "--loss", args.loss, "--factors", str(args.factors), "--layers", str(args.layers), "--max-length",
                   str(args.max_length), "--dropout", str(args.dropout), "--negatives", str(args.negatives), "--batch-size",
                   str(BATCH), "--learning-rate", "0.001", "--temperature", "0", "--epochs", str(epochs),
                   "--threads", str(args.threads), "--json", "--quiet"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        if epochs == 0:
            return result["seconds"], cpu, {}
        command = [args.akin, "evaluate", f"{folder}/m.akin", "--cutoffs", "10", "--resamples", "0", "--accuracy-only", "--json",
                   "--quiet"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    metrics = {name: found["evaluation"]["metrics"][name]["value"] for name in METRICS}
    return result["seconds"], cpu, {"loss": result["losses"][-1], **metrics}


def akin_run(args, data):
    begin, begin_cpu, _ = akin_seconds(args, data, 0)
    seconds, cpu, result = akin_seconds(args, data, args.epochs)
    return (seconds - begin) / args.epochs, (cpu - begin_cpu) / args.epochs, result


def quality(recommended, tested):
    """Of a table of user, item, rank (from 1), against a user's tested item."""
    ranks = recommended.merge(tested, on=["user", "item"])["rank"].to_numpy()
    return {"HR@10": len(ranks) / len(tested), "NDCG@10": float((1 / np.log2(ranks + 1)).sum()) / len(tested)}


def rectools_run(args, table):
    tested = table.groupby("user", sort=False).tail(1)
    table = table.drop(tested.index)

    def trainer():
        return Trainer(max_epochs=args.epochs, accelerator="cpu", devices=1, logger=False, enable_progress_bar=False,
                       enable_checkpointing=False, enable_model_summary=False, callbacks=[EpochTimes()])

    frame = pd.DataFrame({Columns.User: table.user, Columns.Item: table.item, Columns.Weight: 1,
                          Columns.Datetime: pd.Timestamp("2000-01-01") + pd.to_timedelta(table.place, unit="s")})
    layers = LiGRLayers if args.block == "ligr" else SASRecTransformerLayers
    loss = "softmax" if args.loss == "softmax" else "sampled_softmax"
    model = SASRecModel(n_blocks=args.layers, n_heads=1, n_factors=args.factors, dropout_rate=args.dropout,
                        session_max_len=args.max_length, loss=loss, n_negatives=args.negatives, lr=1e-3, batch_size=BATCH,
                        epochs=args.epochs, transformer_layers_type=layers, get_trainer_func=trainer)
    dataset = Dataset.construct(frame)
    model.fit(dataset)
    lists = model.recommend(users=tested.user.to_numpy(), dataset=dataset, k=10, filter_viewed=True, on_unsupported_targets="ignore")
    lists = lists.rename(columns={Columns.User: "user", Columns.Item: "item", Columns.Rank: "rank"})
    times = next(callback for callback in model.fit_trainer.callbacks if isinstance(callback, EpochTimes))  # a copy of trainer()'s
    return *times.mean(), {"loss": times.losses[-1], **quality(lists, tested[["user", "item"]])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("akin")
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--block", default="ligr", choices=["ligr", "sasrec"])
    parser.add_argument("--loss", default="sampled-softmax", choices=["softmax", "sampled-softmax"])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--max-length", type=int, default=50)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--negatives", type=int, default=256)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(args.threads)
    table = last_events(args.data, args.max_length + 2)  # the last is tested
    with tempfile.TemporaryDirectory() as folder:
        text, data = os.path.join(folder, "events.csv"), os.path.join(folder, "events.data")
        table.rename(columns={"place": "timestamp"})[["user", "item", "timestamp"]].to_csv(text, index=False)
        subprocess.run([args.akin, "import", "csv", text, "-o", data, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        print(f"{table.user.nunique()} users, {table.item.nunique()} items, {len(table)} events; {args.block}, {args.loss}, "
              f"{args.factors} factors, {args.layers} layers, length {args.max_length}, {args.threads} threads, PyTorch "
              f"{torch.__version__}")
        runs = {"akin": [], "RecTools": []}
        for _ in range(args.repeats):
            runs["akin"].append(akin_run(args, data))
            runs["RecTools"].append(rectools_run(args, table))
    for name, results in runs.items():
        seconds = [wall for wall, _, _ in results]
        print(f"{name:8} {statistics.median(seconds):8.2f} s/epoch  ({min(seconds):.2f} to {max(seconds):.2f}), "
              f"{statistics.median(cpu for _, cpu, _ in results):.2f} processor seconds; " +
              ", ".join(f"{key} {value:.4f}" for key, value in results[-1][2].items()))
    for k, what in enumerate(("wall", "processor")):
        median = {name: statistics.median(result[k] for result in results) for name, results in runs.items()}
        print(f"ratio    {median['RecTools'] / median['akin']:.2f} ({what})")


if __name__ == "__main__":
    main()
