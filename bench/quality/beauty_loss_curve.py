"""Does the tutorial's rating net reach the losses of the tutorial's log, epoch by epoch?

Usage: beauty_loss_curve.py DATA_FOLDER AKIN [SEEDS] [tf_keras]       tf_keras: Keras 2 learns from the same ratings

The net of the Concept to Code tutorial multiplies vectors of length 30 of Amazon Beauty's 22,363 users and 12,101 items
(Adam, mean absolute error, minibatches of 64, 5 epochs). It was trained on 142,920 ratings and validated on 15,881. This
script has all 198,502 pairs of user and item, but not their ratings: THE RATINGS ARE RANDOM, independent of user and
item. There are as many ratings of one to five stars as STARS says. They have the mean 4.190391 and the deviation 1.166580
that the tutorial prints, to the last digit, and its quartiles. These do not determine all five counts; others would fit as
well. A random 80 % are used for training, a tenth of these for validation. As the net learns little more in five epochs
than that ratings are about 4, random ratings suffice for most of the curve. docs/models/neural.md has the result.

The rows are the tutorial's log; `akin net train examples/nets/rating-dot.toml` (each step updates all rows of the tables,
as in Keras); the same with lazy = true (only the rows of the minibatch); and `akin train rating-dot`, which is separate
code and also updates all rows (its predictions are limited to 1 to 5, so it has no validation loss that compares with the
others). All run on one thread. The figures are means over SEEDS (3).
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

STARS = (10_526, 11_456, 22_248, 39_741, 114_531)
TUTORIAL = dict(loss=(4.1770, 3.7710, 2.9960, 2.2455, 1.6374), val_loss=(4.1171, 3.5313, 2.9219, 2.3839, 1.9744))
NET = pathlib.Path(__file__).resolve().parents[2] / "examples/nets/rating-dot.toml"


def drawn(folder, seed):
    """(user, item, stars) of all pairs, in random order."""
    lines = (line.split() for line in open(pathlib.Path(folder) / "amazon-beauty/user_sequence.txt"))
    pairs = [(user, item) for user, *items in lines for item in items]
    stars = [star for star, count in enumerate(STARS, 1) for _ in range(count)]
    generator = random.Random(seed)
    generator.shuffle(stars)
    events = [(*pair, star) for pair, star in zip(pairs, stars, strict=True)]
    generator.shuffle(events)
    return events


def akin_net(akin, work, seed, lazy):
    text = NET.read_text()
    assert "lazy = false" in text
    (work / "net.toml").write_text(text.replace("lazy = false", f"lazy = {str(lazy).lower()}"))
    done = subprocess.run([akin, "net", "train", "net.toml", "-d", "ratings.data", "-o", "r.net", "--seed", str(seed),
                           "--threads", "1", "--json"], cwd=work, check=True, capture_output=True)
    epochs = json.loads(done.stdout)["epochs"]
    return [epoch["loss"] for epoch in epochs], [epoch["val_loss"] for epoch in epochs], [e["seconds"] for e in epochs]


def akin_model(akin, work, seed):
    done = subprocess.run([akin, "train", "rating-dot", "-d", "ratings.data", "-o", "r.akin", "--holdout", "ratio:0.28",
                           "--seed", str(seed), "--threads", "1", "--json"], cwd=work, check=True, capture_output=True)
    report = json.loads(done.stdout)
    return report["losses"], [], [report["seconds"] / 5]


def keras(events, seed):
    import numpy as np
    import tf_keras
    tf_keras.utils.set_random_seed(seed)
    numbers = [{key: row for row, key in enumerate(dict.fromkeys(column), 1)} for column in list(zip(*events))[:2]]
    data = np.array([(numbers[0][user], numbers[1][item], stars) for user, item, stars in events[:158_801]])
    layers, inputs = tf_keras.layers, [tf_keras.Input([1]), tf_keras.Input([1])]
    vectors = [layers.Flatten()(layers.Embedding(rows, 30)(x)) for rows, x in zip((22_364, 12_102), inputs)]
    model = tf_keras.Model(inputs, layers.Dot(1)(vectors))
    model.compile(optimizer=tf_keras.optimizers.Adam(epsilon=1e-8), loss="mae")
    start = time.perf_counter()
    scores = model.fit([data[:, 0], data[:, 1]], data[:, 2], batch_size=64, epochs=5, validation_split=0.1,
                       verbose=0).history
    return scores["loss"], scores["val_loss"], [(time.perf_counter() - start) / 5]


def main(folder, akin, seeds=3, *others):
    curves = {}
    for seed in range(1, int(seeds) + 1):
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work)
            events = drawn(folder, seed)
            with open(work / "ratings.csv", "w") as file:
                file.write("user,item,rating\n")
                file.writelines(f"{user},{item},{stars}\n" for user, item, stars in events)
            subprocess.run([akin, "import", "csv", "ratings.csv", "-o", "ratings.data", "--quiet"], cwd=work,
                           check=True, stdout=subprocess.DEVNULL)
            found = {"akin net": akin_net(akin, work, seed, False), "akin net, lazy": akin_net(akin, work, seed, True),
                     "akin rating-dot": akin_model(akin, work, seed)}
            if "tf_keras" in others:
                found["Keras"] = keras(events, seed)
            for name, curve in found.items():
                curves.setdefault(name, []).append(curve)
    print(f"{'':<18}{'loss':<46}{'val_loss':<44} s/epoch")

    def show(name, losses, validation, seconds):
        cells = ["".join(f"{score:8.4f}" for score in scores) for scores in (losses, validation)]
        print(f"{name:<16}{cells[0]:<44}{cells[1]:<44}{seconds:>8}")
    show("the tutorial", *TUTORIAL.values(), "13-15")
    for name, runs in curves.items():
        means = [[sum(scores) / len(runs) for scores in zip(*(run[part] for run in runs))] for part in range(2)]
        seconds = min(sum(run[2]) / len(run[2]) for run in runs)
        show(name, *means, f"{seconds:.2f}")
        show("  of the tutorial's", *([f / t for f, t in zip(*both)] for both in zip(means, TUTORIAL.values())), "")


if __name__ == "__main__":
    main(sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), *sys.argv[3:])
