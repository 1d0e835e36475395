"""Times text-linear against scikit-learn's CountVectorizer and LinearSVC on the same words and pairs, from the file to the model.

Usage: linear.py AKIN FILE...      FILE: lines of a label, a blank and a text

One thread each. scikit-learn's time is that of reading, counting and fitting, in a process that has loaded it; akin's is that of
the whole process, with calibration and the file that it writes. A tenth of the lines, drawn at random, is kept for the accuracy.
"""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.svm import LinearSVC

RUNS = 5
COST = 0.1


def read(path):
    lines = [line.split(" ", 1) for line in path.read_text().split("\n") if line]
    return [text for _, text in lines], [label for label, _ in lines]


def of_sklearn(train, test):
    start = time.perf_counter()
    texts, labels = read(train)
    counts = CountVectorizer(binary=True, ngram_range=(1, 2), tokenizer=str.split, token_pattern=None)
    model = LinearSVC(C=COST).fit(counts.fit_transform(texts), labels)
    seconds = time.perf_counter() - start
    texts, labels = read(test)
    return seconds, model.score(counts.transform(texts), labels)


def of_akin(akin, train, test, model, *flags):
    start = time.perf_counter()
    subprocess.run([akin, "text", "train", "text-linear", "--data", train, "-o", model, "--threads", "1", "--quiet", "--tokens",
                    "space", "--regularization", str(1 / COST), *flags], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    done = subprocess.run([akin, "text", "evaluate", model, "--data", test, "--json", "--quiet"], check=True, capture_output=True)
    return seconds, json.loads(done.stdout)["metrics"]["accuracy"]["value"]


def main():
    akin, files = sys.argv[1], sys.argv[2:]
    print(f"{'file':20} {'program':28} {'seconds':>8} {'accuracy':>9}")
    with tempfile.TemporaryDirectory() as folder:
        train, test, model = (pathlib.Path(folder) / name for name in ("train", "test", "model"))
        for file in files:
            lines = pathlib.Path(file).read_text("latin-1").rstrip("\n").split("\n")
            random.Random(1).shuffle(lines)
            cut = len(lines) // 10
            test.write_text("\n".join(lines[:cut]) + "\n")
            train.write_text("\n".join(lines[cut:]) + "\n")
            rows = {"scikit-learn LinearSVC": lambda: of_sklearn(train, test),
                    "akin, same columns": lambda: of_akin(akin, train, test, model, "--no-nb"),
                    "akin, NB-SVM": lambda: of_akin(akin, train, test, model)}
            times = {}
            results = {name: [] for name in rows}
            for _ in range(RUNS):
                for name, run in rows.items():
                    results[name].append(run())
            for name, found in results.items():
                times[name] = statistics.median(seconds for seconds, _ in found)
                ratio = times["scikit-learn LinearSVC"] / times[name]
                print(f"{pathlib.Path(file).name:20} {name:28} {times[name]:8.3f} {found[0][1]:9.4f}  {ratio:.1f} x")


main()
