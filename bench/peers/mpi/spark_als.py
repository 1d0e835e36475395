"""als beside the ALS of Spark: the same events, objective and numbers of iterations, two threads.

Usage: spark_als.py akin AKIN DATA | spark DATA ITERATIONS | table DATA      (run.sh calls them one after the other)

Both minimize

    sum c (p - x.y)^2 + lambda (sum n_u |x_u|^2 + sum n_i |y_i|^2),  c = 1 + alpha for chosen items, else 1

(Spark multiplies lambda by the number of ratings of a row, as akin does with --count-power 1), from random vectors of the length
1. Seconds per iteration are differences of fits with FEW and MORE iterations, so that reading, indexing and starting do not count;
Spark has the events in memory, and has done a small fit before, to warm up. `table` computes the loss with the same NumPy code
from the vectors of both.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import akin_data

FACTORS, ALPHA, REGULARIZATION = 64, 10.0, 0.01
FEW, MORE = (int(n) for n in os.environ.get("ITERATIONS", "1,3").split(","))
EVENTS = pathlib.Path("events.parquet")


def events(data):
    tensors, _ = akin_data.tensors(data)
    return np.array(tensors["events.user"]), np.array(tensors["events.item"])


def keep(name, iterations, seconds, users, items):
    print(f"{name}: {iterations} iterations in {seconds:.2f} s", flush=True)
    np.savez(f"{name}-{iterations}.npz", seconds=seconds, users=users, items=items)


def fit_akin(akin, data):
    for solver in ("exact", "cg"):
        for iterations in (FEW, MORE):
            command = [akin, "train", "als", "-d", data, "--holdout", "none", "-o", "spark.akin", "--threads", "2", "--json",
                       "--quiet", "--factors", str(FACTORS), "--alpha", str(ALPHA), "--regularization", str(REGULARIZATION),
                       "--count-power", "1", "--no-use-values", "--init-sigma", "1", "--epochs", str(iterations), "--solver",
                       solver]
            seconds = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["seconds"]
            tensors, _ = akin_data.tensors("spark.akin")
            keep(f"akin {solver}", iterations, seconds, tensors["model.users"], tensors["model.items"])


def fit_spark(data, iterations):
    from pyarrow import parquet, table
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import SparkSession

    users, items = events(data)
    if not EVENTS.exists():
        parquet.write_table(table({"user": users.astype(np.int32), "item": items.astype(np.int32),
                                   "value": np.ones(len(users), np.float32)}), EVENTS)
    spark = (SparkSession.builder.master("local[2]").config("spark.driver.memory", os.environ.get("SPARK_MEMORY", "12g"))
             .config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
             .config("spark.driver.maxResultSize", "0").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    ratings = spark.read.parquet(str(EVENTS)).cache()
    print(f"spark {spark.version}: {ratings.count():,} events in memory", flush=True)
    als = ALS(rank=FACTORS, regParam=REGULARIZATION, alpha=ALPHA, implicitPrefs=True, userCol="user", itemCol="item",
              ratingCol="value", seed=1)
    als.setMaxIter(1).fit(ratings.sample(0.02, 1))
    start = time.perf_counter()
    model = als.setMaxIter(iterations).fit(ratings)
    seconds = time.perf_counter() - start
    sides = []
    for frame, rows in ((model.userFactors, users), (model.itemFactors, items)):
        found = frame.toPandas()
        side = np.zeros((int(rows.max()) + 1, FACTORS), np.float32)
        side[found["id"].to_numpy()] = np.stack(found["features"].to_numpy())
        sides.append(side)
    keep("spark", iterations, seconds, *sides)


def loss(x, y, users, items):
    """Per event, over all cells, in double precision."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    total = ((x.T @ x) * (y.T @ y)).sum()
    for rows, which in ((x, users), (y, items)):
        total += REGULARIZATION * (np.bincount(which, minlength=len(rows)) * (rows**2).sum(1)).sum()
    for begin in range(0, len(users), 1_000_000):
        part = slice(begin, begin + 1_000_000)
        scores = np.einsum("ij,ij->i", x[users[part]], y[items[part]])
        total += ((1 + ALPHA) * (1 - scores) ** 2 - scores**2).sum()
    return total / len(users)


def print_table(data):
    users, items = events(data)
    times, losses = {}, {}
    for name in ("spark", "akin exact", "akin cg"):
        fits = {n: np.load(f"{name}-{n}.npz") for n in (FEW, MORE)}
        times[name] = (float(fits[MORE]["seconds"]) - float(fits[FEW]["seconds"])) / (MORE - FEW)
        losses[name] = [loss(fit["users"], fit["items"], users, items) for fit in fits.values()]
    print(f"{'':12} s/iteration  loss per event after {FEW}, {MORE} iterations")
    for name, (few, more) in losses.items():
        print(f"{name:12} {times[name]:11.2f}  {few:.4f} {more:.4f}  {times['spark'] / times[name]:6.1f} times")


def main():
    what, *rest = sys.argv[1:]
    {"akin": fit_akin, "spark": lambda data, n: fit_spark(data, int(n)), "table": print_table}[what](*rest)


if __name__ == "__main__":
    main()
