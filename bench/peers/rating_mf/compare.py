"""Times rating factorization by akin's mf-sgd and by LIBMF on the same ratings. Used by run.sh.

Usage: compare.py AKIN LIBMF_TRAIN PREFIX THREADS FACTORS LAMBDA
The ratings are PREFIX.train and PREFIX.test (int32 user, int32 item, float32 rating) and PREFIX.data, akin's import of both.
"""
import json
import os
import subprocess
import sys
import time

LIBMF_EPOCHS = [int(epochs) for epochs in os.environ.get("EPOCHS", "6,8,10,12").split(",")]
AKIN_EPOCHS = LIBMF_EPOCHS + [2 * LIBMF_EPOCHS[-1]]


def libmf(program, prefix, factors, threads, regularization):
    output = subprocess.run([program, f"{prefix}.train", f"{prefix}.test", str(factors), str(threads), str(regularization),
                             "0.1", *map(str, LIBMF_EPOCHS)], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def akin(program, prefix, factors, threads):
    runs = []
    for epochs in AKIN_EPOCHS:
        bundle = f"{prefix}.akin"
        trained = subprocess.run(
            [program, "train", "mf-sgd", "-d", f"{prefix}.data", "-o", bundle, "--factors", str(factors), "--epochs",
             str(epochs), "--regularization", "0.04", "--learning-rate", "0.06", "--learning-rate-decay", "0.8", "--init-sigma", "0.02",
             "--threads", str(threads), "--json", "--quiet"], check=True, capture_output=True, text=True).stdout
        scored = subprocess.run([program, "evaluate", bundle, "--accuracy-only", "--resamples", "0", "--json", "--quiet"],
                                check=True, capture_output=True, text=True).stdout
        rmse = json.loads(scored)["evaluation"]["metrics"]["RMSE"]["value"]
        runs.append({"epochs": epochs, "wall": json.loads(trained)["seconds"], "rmse": rmse})
    return runs


def main():
    program, peer, prefix, threads, factors, regularization = sys.argv[1:7]
    start = time.time()
    theirs = libmf(peer, prefix, factors, threads, regularization)
    ours = akin(program, prefix, factors, threads)
    best = min(theirs, key=lambda run: run["rmse"])
    print(f"== {prefix}, {factors} factors, {threads} threads")
    for name, runs in (("LIBMF", theirs), ("akin", ours)):
        print(f"   {name:6}" + "".join(f"  {run['epochs']}: {run['rmse']:.4f} {run['wall']:.3f}s" for run in runs))
    as_good = [run for run in ours if run["rmse"] <= best["rmse"]]
    if as_good:
        ours_at = min(as_good, key=lambda run: run["wall"])
        print(f"   to LIBMF's best RMSE {best['rmse']:.4f}: LIBMF {best['wall']:.3f}s, akin {ours_at['wall']:.3f}s, "
              f"ratio {best['wall'] / ours_at['wall']:.2f}")
    else:
        print(f"   akin does not reach LIBMF's best RMSE {best['rmse']:.4f} in {AKIN_EPOCHS[-1]} epochs")
    same = [(a, b) for a in theirs for b in ours if a["epochs"] == b["epochs"]][-1]
    print(f"   {same[0]['epochs']} epochs: ratio {same[0]['wall'] / same[1]['wall']:.2f}   ({time.time() - start:.0f}s)")


if __name__ == "__main__":
    main()
