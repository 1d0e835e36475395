#!/usr/bin/env python3
"""Proves that two builds of akin train every model to the same bits, such as those before and after a change of the code.

    scripts/same_bits.py OLD_AKIN NEW_AKIN [--data DIR]

Both programs train each model that both have: on two synthetic data sets, on MovieLens small (DIR/movielens-small, DIR is
../shared/data unless given; left out where it is absent), those of sequences also on clicks, word2vec and doc2vec on words;
with two seeds, one and two threads, and once with each switch and choice that is not the default. Passes are cut to three. Then
come early stopping, updates, lists for all users, given vectors, a net, `compare` and `tune`. Bundles are compared tensor by
tensor, with all metadata but fit_seconds; what both programs refuse counts as neither.

A line for each model says how many results were the same, or what differs. Exits 1 on any difference. Takes some minutes.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETS = ROOT / "examples" / "nets"
SIZES = {"small": "--users 400 --items 150 --events 6000",
         "larger": "--users 1100 --items 500 --events 21000 --seed 5 --review-words 0"}
SEEDS, THREADS, EPOCHS = ("42", "7"), ("1", "2"), "3"
WORDS = {"word2vec", "doc2vec"}  # are also trained on words
MORE = {  # besides switches and choices
    "popularity": ["--half-life-days 30"],
    "co-occurrence": ["--window-seconds 86400"],
    "item-knn-rating": ["--damping 3 --max-neighbors 5"],
    "als": ["--solver block --block-size 16 --count-unobserved"],
    "bpr": ["--negatives 3", "--sampler hard --candidates 8"],
    "warp": ["--max-norm 1"],
    "mf-sgd": ["--l1 0.01", "--weights recency --half-life-days 30"],
    "prod2vec": ["--negatives 0", "--negatives 0 --hs 1 --score cosine", "--in-order --shared-negatives 1", "--sg 0 --cbow-mean 0"],
    "meta-prod2vec": ["--title-words 2"],
    "word2vec": ["--sg 1 --negatives 0 --hs 1"],
    "doc2vec": ["--dm 0 --dbow-words 1"],
    "mlp": ["--dropout 0.3"],
    "neumf": ["--pretrain-epochs 2", "--dropout 0.3"],
    "rnn": ["--cell rnn --loss softmax --bptt 5"],
    "sasrec": ["--block sasrec --loss softmax", "--loss gbce --heads 2"],
    "rating-dot": ["--regularization 0.01"],
    "rating-mlp": ["--layers 16,8 --dropout 0"],
}
STOPPED = {"als": "--patience 2", "bpr": "--patience 2", "mf-sgd": "--patience 1 --metric RMSE", "prod2vec": "--patience 2"}
NOT_COMPARED = {"seconds", "fit_seconds", "protocol"}  # of JSON: times, and a sentence


def read(path):
    """Metadata, but for what changes from run to run, and tensors of a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    for changing in ("fit_seconds", "akin.checksum"):
        metadata.pop(changing, None)
    data = memoryview(content)[8 + length:]
    return metadata, {name: (t["dtype"], t["shape"], data[slice(*t["data_offsets"])]) for name, t in header.items()}


def bundle_difference(old, new):
    """What differs between two files, in words; "" = nothing."""
    found = []
    for kind, before, after in zip(("metadata", "tensor"), read(old), read(new)):
        for name in sorted(before.keys() | after.keys()):
            if name not in after or name not in before:
                found.append(f"{kind} {name} is only in the {'old' if name in before else 'new'} file")
            elif before[name] != after[name]:
                found.append(f"{kind} {name} differs")
    return "; ".join(found)


def bytes_difference(old, new):
    return "" if old.read_bytes() == new.read_bytes() else f"{old.name} differs"


def settings_difference(old, new):
    """Of two TOML files, without their comments, which hold commands."""
    lines = [[line for line in path.read_text().splitlines() if not line.startswith("#")] for path in (old, new)]
    return "" if lines[0] == lines[1] else f"{old.name} differs"


def json_difference(old, new, where=""):
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted((old.keys() | new.keys()) - NOT_COMPARED)
        pairs = [(f"{where}.{key}", old.get(key), new.get(key)) for key in keys]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{where}[{position}]", *pair) for position, pair in enumerate(zip(old, new))]
    else:
        return "" if old == new else f"{where.lstrip('.')} was {old}, is {new}"
    return next((found for name, before, after in pairs if (found := json_difference(before, after, name))), "")


class Programs:
    """Both programs, each with a folder of its own for what it writes."""

    def __init__(self, old, new, folder):
        self.akin = {"old": old.resolve(), "new": new.resolve()}
        self.folder = folder
        for side in self.akin:
            (folder / side).mkdir()
        self.differences = 0

    def run(self, side, *args):
        command = [self.akin[side], *map(str, args)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, errors="replace")

    def must(self, side, *args):
        done = self.run(side, *args)
        if done.returncode != 0:
            sys.exit(f"akin {' '.join(map(str, args))}\n{done.stderr}")
        return done.stdout

    def both(self, *args, out, compare=bundle_difference):
        """Runs `akin ARGS -o old/OUT` and `... -o new/OUT`. The difference in words; None: both refuse; "": none."""
        paths = {side: self.folder / side / out for side in self.akin}
        done = {side: self.run(side, *args, "-o", path) for side, path in paths.items()}
        codes = {side: result.returncode for side, result in done.items()}
        if codes["old"] != codes["new"] or codes["old"] not in (0, 1, 2):
            failed = next(result for result in done.values() if result.returncode != 0)
            return f"exit code was {codes['old']}, is {codes['new']}: {failed.stderr.strip()}"
        return None if codes["old"] else compare(paths["old"], paths["new"])

    def report(self, name, results):
        """One line about the results, pairs of a label and what both() gave."""
        wrong = [f"{label}: {found}" for label, found in results if found]
        refused = sum(found is None for _, found in results)
        if refused == len(results):
            wrong.append("all of it is refused by both")
        self.differences += bool(wrong)
        if wrong:
            line = f"DIFFERS: {wrong[0]}" + (f" (and {len(wrong) - 1} more of {len(results)})" if len(wrong) > 1 else "")
        else:
            line = f"{len(results) - refused} the same" + (f", {refused} refused by both" if refused else "")
        print(f"{name}: {line}", flush=True)


def make_data(programs, data):
    """Makes synthetic data and imports it with both programs; those of the old one are used. Gives the names of the data sets."""
    imports = {}
    for name, flags in SIZES.items():
        for side in programs.akin:
            programs.must(side, "synthetic", "-o", f"{side}/{name}", "--no-images", "--quiet", *flags.split())
        made, again = (programs.folder / side / name for side in programs.akin)
        files = sorted(path.name for path in made.iterdir() if path.name != "README.txt")
        programs.report(f"synthetic {name}", [(file, bytes_difference(made / file, again / file)) for file in files])
        imports[name] = ["amazon", made / "reviews.json", "--meta", made / "meta.json"]
    imports["early"] = [*imports["small"], "--until", "2014-09-01"]
    imports["clicks"] = ["sessions", programs.folder / "old" / "small" / "sessions.tsv"]
    if (data / "movielens-small").is_dir():
        imports["movielens"] = ["movielens", data / "movielens-small", "--k-core", "5"]
    else:
        print(f"MovieLens small is not in {data}: left out")
    imports["words"] = ["text", "old/small.data", "--lowercase", "--user-core", "5", "--item-core", "5"]
    results = [(name, programs.both("import", *flags, "--quiet", out=f"{name}.data")) for name, flags in imports.items()]
    programs.report("import", results)
    return [name for name in imports if name not in ("early", "words", "clicks")]


def few_epochs(model):
    return [part for param in model["params"] if param["name"] == "epochs" for part in ("--" + param["name"], EPOCHS)]


def variants(model, other):
    """Flags with one switch or choice that is not the default, of parameters that both programs have."""
    known = {param["name"] for param in other["params"]}
    for param in model["params"]:
        name, default = param["name"].replace("_", "-"), param["default"]
        if param["name"] not in known:
            continue
        if param["type"] == "bool":
            yield f"--no-{name}" if default == "true" else f"--{name}"
        elif "choices" in param:
            yield from (f"--{name} {choice}" for choice in param["choices"] if choice != default)
        elif param["type"] == "int" and (param.get("min"), param.get("max")) == (0, 1):
            yield f"--{name} {1 - int(default)}"
    yield from MORE.get(model["name"], [])


def check_model(programs, model, other, data_sets):
    name, epochs = model["name"], few_epochs(model)
    results = []

    def train(data, *flags, epochs=epochs, out=f"{name}.akin"):
        found = programs.both("train", name, "-d", f"old/{data}.data", *epochs, *flags, "--quiet", out=out)
        results.append((" ".join([data, *flags]), found))

    threads = THREADS if model["deterministic"] and other["deterministic"] else THREADS[:1]
    most = ["--threads", threads[-1]]
    for data in data_sets + (["words"] if name in WORDS else []) + (["clicks"] if model["uses_order"] else []):
        for seed in SEEDS:
            for count in threads:
                train(data, "--seed", seed, "--threads", count)
    for flags in variants(model, other):
        train("small", "--threads", "1", *flags.split())
    if name in STOPPED:
        train("small", *most, *STOPPED[name].split(), epochs=[])
    train("early", *most)
    bundle = f"old/{name}.akin"
    lists = programs.both("recommend", bundle, "--all-users", "--quiet", out="lists.tsv", compare=bytes_difference)
    results.append(("recommend --all-users", lists))
    results.append(("update", programs.both("update", bundle, "-d", "old/small.data", *most, "--quiet", out="updated.akin")))
    if name == "als":
        train("small", *most, "--init-items", bundle, out="begun.akin")
    programs.report(name, results)


def check_the_rest(programs, models):
    net = ["net", "train", NETS / "xor.toml", "-d", NETS / "xor.csv", "--threads", "1", "--quiet"]
    found = programs.both(*net, out="xor.net")
    if found is None:
        print("net train: left out, both programs refuse it: built without nets?")
    else:
        programs.report("net train", [("xor.toml", found)])
    sets = [part for model in models for param in model["params"] if param["name"] == "epochs"
            for part in ("--set", f"{model['name']}.{param['name']}={EPOCHS}")]
    names = ",".join(model["name"] for model in models)
    compare = ["compare", "-d", "old/small.data", "--models", names, *sets, "--threads", "1", "--quiet", "--json"]
    tables = [json.loads(programs.must(side, *compare)) for side in programs.akin]
    programs.report("compare", [("all models", json_difference(*tables))])
    tune = ["tune", "als", "-d", "old/small.data", "--trials", "4", "--quiet"]
    trials = [json.loads(programs.must(side, *tune, "-o", f"{side}/trials.toml", "--json")) for side in programs.akin]
    best = programs.both(*tune, out="best.toml", compare=settings_difference)
    programs.report("tune", [("best.toml", best), ("trials", json_difference(*trials))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data")
    args = parser.parse_args()
    for program in (args.old, args.new):
        if not program.is_file():
            parser.error(f"{program}: no such program")
    with tempfile.TemporaryDirectory(prefix="akin-bits-") as folder:
        programs = Programs(args.old, args.new, pathlib.Path(folder))
        old, new = ({model["name"]: model for model in json.loads(programs.must(side, "models", "--json"))}
                    for side in programs.akin)
        for name in sorted(old.keys() ^ new.keys()):
            print(f"{name}: only in the {'old' if name in old else 'new'} program, left out")
        both = [name for name in old if name in new]
        data_sets = make_data(programs, args.data.resolve())
        for name in both:
            check_model(programs, old[name], new[name], data_sets)
        check_the_rest(programs, [old[name] for name in both])
    if programs.differences:
        sys.exit(f"{len(both)} models: {programs.differences} lines above differ")
    print(f"{len(both)} models: same bits")


if __name__ == "__main__":
    main()
