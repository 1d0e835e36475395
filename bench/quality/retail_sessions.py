"""Next item of a session of Online Retail by word2vec's defaults and by tuned parameters.

Usage: retail_sessions.py DATA_FOLDER AKIN [SEEDS] [gensim]       needs NumPy, SciPy, pandas; gensim to compare with it

The protocol of Caselles-Dupre, Lesaint and Royo-Letelier, "Word2vec applied to recommendation: hyperparameters matter"
(RecSys 2018), as their program has it. A session is the stock codes of one customer's lines in the order of the file,
of customers with three lines and more; these are the 4,234 sessions of their repository, one by one. 1,000 random
sessions (NumPy's seed 4) are the test; training sees all sessions without their last item. The query is a test
session's last item of training, the answers are the 10 items nearest to it by Euclidean distance of the input vectors,
and a target that equals the query counts as found. NDCG@10 likewise. The mean of SEEDS (10) runs and its 95 % interval.
What is not theirs: the columns by cosine, and without targets that equal the query.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
from scipy.stats import t as student

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
from akin_data import tensors

K = 10
RUNS = {"word2vec's defaults": dict(factors=50, window=5, epochs=5, sample=1e-3, negatives_power=0.75),
        "akin's defaults": dict(factors=100, window=3, epochs=20, sample=1e-3, negatives_power=0.75),
        "the study's choice": dict(factors=50, window=3, epochs=140, sample=1e-3, negatives_power=1)}


def sessions(folder):
    """Stock codes of each customer, in the order of the file."""
    lines = pd.read_csv(pathlib.Path(folder) / "online-retail/online_retail.csv.gz", dtype=str)
    lines = lines[lines.CustomerID.notna()].copy()
    lines.StockCode = lines.StockCode.str.replace(" ", "_")  # BANK CHARGES
    codes = lines.groupby("CustomerID", sort=True).StockCode.apply(list)
    return [session for session in codes if len(session) >= 3]


def by_akin(akin, work, parameters, seed):
    """Vectors of the sessions in work/sessions.data, and the row of each item."""
    command = [akin, "train", "prod2vec", "-d", work / "sessions.data", "-o", work / "p.akin", "--holdout", "none",
               "--seed", seed, "--quiet"]
    for name, value in parameters.items():
        command += ["--" + name.replace("_", "-"), value]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    bundle, _ = tensors(work / "p.akin")
    text, offsets = bundle["items.bytes"].tobytes(), bundle["items.offsets"]
    rows = {text[begin:end].decode(): row for row, (begin, end) in enumerate(zip(offsets[:-1], offsets[1:]))}
    return np.array(bundle["model.input"]), rows


def by_gensim(train, parameters, seed):
    from gensim.models import Word2Vec
    names = {"factors": "vector_size", "negatives_power": "ns_exponent"}
    parameters = {names.get(name, name): value for name, value in parameters.items()}
    model = Word2Vec(train, sg=1, negative=5, min_count=1, seed=seed, workers=1, **parameters)
    return model.wv.vectors, model.wv.key_to_index


def scores(vectors, rows, test):
    """Hit rate and NDCG by Euclidean distance, hit rate by cosine, and by distance of targets other than the query."""
    query = np.array([rows[pair[0]] for pair in test])
    target = np.array([rows.get(pair[1], -1) for pair in test])
    same = np.array([pair[0] == pair[1] for pair in test])

    def places(items):
        products = items[query] @ items.T
        distance = (items ** 2).sum(axis=1) - 2 * products
        distance[np.arange(len(query)), query] = np.inf
        found = np.take_along_axis(distance, target[:, None], axis=1)
        place = (distance < found).sum(axis=1)
        place[target < 0] = K
        place[same] = 0
        return place

    near = places(vectors)
    by_cosine = places(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))
    gain = np.where(near < K, 1 / np.log2(near + 2), 0)
    return 100 * (near < K).mean(), gain.mean(), 100 * (by_cosine < K).mean(), 100 * (near[~same] < K).mean()


def main(folder, akin, seeds=10, peer=None):
    every = sessions(folder)
    train = [session[:-1] for session in every]
    np.random.seed(4)
    test = [every[s][-2:] for s in np.random.choice(range(len(every)), 2000, replace=False)[:1000]]
    print(f"{len(every):,} sessions, {sum(map(len, every)):,} events, {len({i for s in every for i in s}):,} items; "
          f"{len(test):,} tested, {sum(a == b for a, b in test)} of them with the query as target")
    print(f"{'':<30} {'HR@10, %':>14} {'NDCG@10':>16} {'HR@10 cosine':>14} {'HR@10 others':>14}")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "sessions.txt").write_text("".join(" ".join(session) + "\n" for session in train))
        subprocess.run([akin, "import", "lists", work / "sessions.txt", "--user", "line", "--ordered", "yes", "-o",
                        work / "sessions.data", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        for program in ["akin"] + ([peer] if peer else []):
            for name, parameters in RUNS.items():
                found = []
                for seed in range(1, seeds + 1):
                    if program == "akin":
                        found.append(scores(*by_akin(akin, work, parameters, seed), test))
                    else:
                        found.append(scores(*by_gensim(train, parameters, seed), test))
                mean = np.mean(found, axis=0)
                half = np.std(found, axis=0, ddof=1) / np.sqrt(seeds) * student.ppf(0.975, seeds - 1)
                print(f"{program + ', ' + name:<30} {mean[0]:6.2f} +- {half[0]:4.2f} {mean[1]:6.4f} +- {half[1]:6.4f} "
                      f"{mean[2]:6.2f} +- {half[2]:4.2f} {mean[3]:6.2f} +- {half[3]:4.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]), *sys.argv[4:5])
