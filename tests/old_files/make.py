#!/usr/bin/env python3
"""Writes files of every kind with one version of akin, and what it answers with them.

    tests/old_files/make.py AKIN FOLDER        such as: make.py build/release/akin tests/old_files/v0.2

FOLDER must be new or empty. It then holds raw/ (files of made-up shops), data/ (data sets), bundles/ (every model of that
program), nets/, checkpoints/ and answers.json. tests/e2e/test_old_files.py loads all of it with the program under test and
compares the answers. Two runs write the same, but for the seconds that fits took and the checksums over them.
"""
import json
import pathlib
import subprocess
import sys
import zlib

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "nets"
USERS, ITEMS, EVENTS_PER_USER = 30, 25, 9
NAMES = {0: "Zoë", 1: "Łukasz", 2: "用户 2"}
THINGS = {0: "Müsli", 1: "茶-1", 2: "a,b"}
BRANDS = ["Norr", "Süd", "East & Sons"]
CATEGORIES = ["Home|Kettles", "Home|Cups", "Garden|Tools", "Garden|Pots", "Food"]
TEXT = """The kettle boils the water and the cup holds the tea.
A cup of tea, a cup of coffee and a kettle of water.
The gardener waters the roses with the can and cuts the hedge.
Roses and a hedge, a can and a spade: the garden needs water.
Tea with milk or tea with lemon; coffee with milk.
The spade digs the garden, the can waters the garden.
Lemon tea in the garden, coffee in the kitchen.
In the kitchen the kettle boils, in the garden the roses grow.
Der Tee ist heiß, die Tasse ist groß, größer als die Kanne.
Die Kanne steht im Garten, die Tasse steht in der Küche.
Café au lait, thé au citron, naïve roses.
The hedge and the roses grow, the tea and the coffee boil.
"""
CLICKS = {  # session: items, one a minute; é in Latin-1 is not valid UTF-8
    "s1": "kettle cup spoon", "s2": "kettle cup saucer", "s3": "spade rake", "s4": "cup saucer spoon kettle",
    "s5": "spade rake caf\udce9", "s6": "caf\udce9 cup", "s7": "rake spade gloves", "s8": "kettle spoon caf\udce9 cup",
    "s9": "gloves rake", "s10": "saucer cup kettle", "s11": "spade gloves rake", "s12": "spoon saucer caf\udce9"}

# Bundle: model, data set, flags. SMALL holds for what the flags leave open.
BUNDLES = {
    "popularity": ("popularity", "shop", "--holdout none --half-life-days 20"),
    "bias": ("bias", "shop", "--holdout ratio:0.2"),
    "co-occurrence": ("co-occurrence", "clicks", "--holdout sessions:0.3"),
    "item-knn": ("item-knn", "sequences", "--holdout given --neighbors 5 --shrinkage 2"),
    "user-knn": ("user-knn", "shop", "--holdout user-ratio:0.3 --neighbors 6"),
    "ease": ("ease", "ncf", "--holdout given --regularization 5"),
    "slim": ("slim", "ncf", "--holdout given --l1 0.1 --l2 1"),
    "svd": ("svd", "shop", "--holdout cold-items:0.1"),
    "nmf": ("nmf", "shop", "--holdout time:0.2"),
    "als": ("als", "shop", "--holdout last --validation --report-loss"),
    "logistic-mf": ("logistic-mf", "shop", "--holdout cold-users:0.2"),
    "bpr": ("bpr", "shop", "--holdout user-time:0.2 --learning-rate 0.2"),
    "bpr-popular": ("bpr", "shop", "--holdout last --sampler popularity --learning-rate 0.2"),
    "warp": ("warp", "shop", "--holdout fold:1/5"),
    "prod2vec": ("prod2vec", "clicks", "--holdout sessions:0.3 --validation"),
    "item2vec": ("item2vec", "shop", ""),
    "bagged-prod2vec": ("bagged-prod2vec", "shop", "--holdout last"),
    "meta-prod2vec": ("meta-prod2vec", "shop", "--title-words 1"),
    "prod2vec-cluster": ("prod2vec-cluster", "shop", "--clusters 4"),
    "word2vec": ("word2vec", "texts", "--holdout none --min-count 1"),
    "word2vec-tree": ("word2vec", "texts", "--holdout none --min-count 2 --hs 1 --negative 0"),
    "doc2vec": ("doc2vec", "texts", "--holdout none"),
    "doc2vec-bag": ("doc2vec", "texts", "--holdout none --dm 0 --dbow-words 1"),
    "gmf": ("gmf", "ncf", "--holdout given"),
    "mlp": ("mlp", "shop", "--embedding 4 --layers 8,4"),
    "neumf": ("neumf", "shop", "--embedding 4 --layers 8,4 --pretrain 2"),
    "item-knn-rating": ("item-knn-rating", "shop", "--neighbors 6"),
    "user-knn-rating": ("user-knn-rating", "shop", "--holdout user-ratio:0.2"),
    "slope-one": ("slope-one", "shop", ""),
    "slope-one-likes": ("slope-one", "shop", "--scheme bipolar"),
    "mf-sgd": ("mf-sgd", "shop", "--patience 2 --metric RMSE --epochs 6"),
    "svdpp": ("svdpp", "shop", "--holdout ratio:0.2 --validation"),
    "als-wr": ("als-wr", "shop", ""),
    "nmf-rating": ("nmf-rating", "shop", ""),
    "rating-dot": ("rating-dot", "shop", ""),
    "rating-mlp": ("rating-mlp", "shop", "--layers 8"),
}
SMALL = {"factors": "4", "size": "4", "epochs": "3", "iterations": "3"}
SEED = ["--seed", "7", "--threads", "1"]
EVALUATED = ["als", "ease", "mf-sgd", "co-occurrence"]
UPDATED = ["als", "item2vec", "slope-one"]  # with more.data
CHECKPOINTS = {  # model, flags, epochs when it was written
    "bpr": ("bpr", "--holdout last --factors 4 --epochs 6", 3),
    "als-wr": ("als-wr", "--holdout last --validation --metric RMSE --factors 4 --iterations 6", 4),
}


def draw(*key):
    """A number in [0, 1) that depends on the key only."""
    return zlib.crc32(repr(key).encode()) / 2**32


def user_id(user):
    return NAMES.get(user, f"u{user}")


def item_id(item):
    return THINGS.get(item, f"i{item}")


def quoted(field):
    return f'"{field}"' if "," in str(field) else str(field)


def taken(user):
    """What a user took, in order: items of one kind in three more often, and early ones."""
    liking = lambda item: draw("like", user, item) + 0.5 * (item % 3 == user % 3) + 0.5 * (item < 8)
    return sorted(sorted(range(ITEMS), key=liking)[-EVENTS_PER_USER:], key=lambda item: draw("when", user, item))


def shop_events(users):
    """Two events of a user share a time, as on a receipt; every third has a review."""
    lines = ["customer,product,stars,when,headline,review"]
    for user in users:
        for step, item in enumerate(taken(user)):
            stars = 2 + 1.5 * (item % 3 == user % 3) + round(3 * draw("stars", user, item)) / 2
            when = 1_500_000_000 + 86_400 * 7 * (step // 2) + 3_600 * user
            review = f"Good no. {item},Größe {user} passt" if (user + step) % 3 == 0 else ","
            lines.append(f"{quoted(user_id(user))},{quoted(item_id(item))},{stars},{when},{review}")
    return "\n".join(lines) + "\n"


def item_table(items):
    lines = ["product,name,category,brand,price"]
    lines += [f"{quoted(item_id(i))},Thing no. {i},{CATEGORIES[i % 5]},{BRANDS[i % 3]},{3 + i / 4}" for i in items]
    return "\n".join(lines) + "\n"


def raw_files():
    """Name -> text."""
    files = {"shop.csv": shop_events(range(USERS)), "items.csv": item_table(range(ITEMS)), "text.txt": TEXT}
    files["users.csv"] = "customer,age,town\n" + "".join(
        f"{quoted(user_id(u))},{20 + u},{'Köln' if u % 2 else 'Lyon'}\n" for u in range(USERS))
    # Of shop.csv: a new user with five events, a new item that two take, one changed title.
    files["more.csv"] = "customer,product,stars,when\n" + "".join(
        f"{user},{item},{stars},{1_600_000_000 + 60 * n}\n" for n, (user, item, stars) in enumerate(
            [("Ünew", "i4", 4), ("Ünew", "i7", 5), ("Ünew", "i10", 3), ("Ünew", "new 新", 4.5), ("Ünew", "i13", 5),
             ("u3", "new 新", 4)]))
    files["more-items.csv"] = ("product,name,category,brand,price\nnew 新,Thing that is new,Food,Norr,9\n"
                               "i4,Thing no. 4 renamed,Food,Süd,4\n")
    files["clicks.txt"] = "SessionId\tItemId\tTime\n" + "".join(
        f"{session}\t{item}\t{1_400_000_000 + 3_600 * n + 60 * step}\n"
        for n, (session, items) in enumerate(CLICKS.items()) for step, item in enumerate(items.split()))
    rows = [(user, item, 1_000_000_000 + 100 * step + user) for user in range(20) for step, item in enumerate(taken(user))]
    last = {user: (user, item, time) for user, item, time in rows}
    files["ncf.train.rating"] = "".join("%d\t%d\t1\t%d\n" % row for row in rows if row not in last.values())
    files["ncf.test.rating"] = "".join("%d\t%d\t1\t%d\n" % row for row in last.values())
    files["ncf.test.negative"] = "".join("(%d,%d)\t%s\n" % (user, item, "\t".join(
        [str(i) for i in range(ITEMS) if i not in taken(user)][:8])) for user, item, _ in last.values())
    lists = [" ".join(str(100 + item) for item in taken(user)[:9 if user < 20 else 4]) + "\n" for user in range(28)]
    files["sequences_train.txt"], files["sequences_test.txt"] = "".join(lists[:20]), "".join(lists[20:])
    files["also_bought.txt"] = "".join(f"{i} {i + 1} {i + 2}\n" for i in range(100, 100 + ITEMS - 2))
    return files


IMPORTS = {  # data set: format, files and flags
    "shop": "csv raw/shop.csv --user customer --item product --value stars --time when --summary headline --text review"
            " --items raw/items.csv --items-id product --users raw/users.csv --users-id customer",
    "more": "csv raw/more.csv --user customer --item product --value stars --time when --items raw/more-items.csv"
            " --items-id product",
    "clicks": "sessions raw/clicks.txt",
    "texts": "text raw/text.txt --lowercase",
    "ncf": "ncf raw/ncf.train.rating",
    "sequences": "lists raw/sequences_train.txt raw/sequences_test.txt --user line --ordered yes --target last"
                 " --links raw/also_bought.txt",
}
QUERIES = {  # of each data set: two users, and a history
    "shop": ("Zoë", "u17", "茶-1,i4,i12"), "clicks": ("s4", "s7", "spade,caf\udce9"), "texts": ("3", "9", "tea,garden"),
    "ncf": ("3", "14", "3,4,9"), "sequences": ("2", "25", "101,104,110")}
SIMILAR = {"shop": "i6", "clicks": "cup", "texts": "tea", "ncf": "6", "sequences": "106"}
NETS = {"xor": "raw/xor.csv", "rating-any": "data/shop.data"}  # of examples/nets; its data

class Maker:
    def __init__(self, akin, folder):
        self.akin, self.folder = pathlib.Path(akin).resolve(), pathlib.Path(folder)
        self.answers = []
        self.models = {model["name"]: model for model in json.loads(self.run("models", "--json", cwd=None).stdout)}

    def run(self, *args, refused=False, cwd="folder"):
        done = subprocess.run([self.akin, *args], cwd=self.folder if cwd else None, capture_output=True)
        if done.returncode != 0 and not refused:
            sys.exit(f"akin {' '.join(args)}\n{done.stderr.decode(errors='replace')}")
        return done

    def ask(self, command, file, *flags, data=None, refused=False, **more):
        """Runs `akin COMMAND FILE [-d DATA] FLAGS` and keeps the answer; of what may be refused, only if it is not."""
        done = self.run(*command.split(), file, *(["-d", data] if data else []), *flags, "--json", refused=refused)
        if done.returncode == 0:
            answer = json.loads(done.stdout)
            answer.get("evaluation", {}).pop("seconds", None)
            self.answers.append({"command": command, "file": file, "data": data, "flags": flags, "answer": answer, **more})

    def write_raw(self):
        files = {**raw_files(), "xor.csv": (EXAMPLES / "xor.csv").read_text("utf-8")}
        for name, text in files.items():
            (self.folder / "raw" / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    def import_data(self):
        for name, flags in IMPORTS.items():
            file = f"data/{name}.data"
            self.run("import", *flags.split(), "-o", file, "--quiet")
            self.ask("describe", file)

    def small(self, model, flags):
        """Flags that keep a model small and quick, where `flags` say nothing else."""
        params = {param["name"] for param in self.models[model]["params"]}
        added = [("--" + name, value) for name, value in SMALL.items() if name in params]
        return [part for flag, value in added if flag not in flags for part in (flag, value)]

    def ask_bundle(self, file, data):
        first, second, history = QUERIES[data]
        for query in (["--user", first], ["--user", second], ["--history", history]):
            self.ask("recommend", file, *query, "-k", "5")
        self.ask("similar", file, "--item", SIMILAR[data], "-k", "5", refused=True)

    def train(self):
        for name, (model, data, flags) in BUNDLES.items():
            flags, file = flags.split(), f"bundles/{name}.akin"
            flags += self.small(model, flags)
            self.run("train", model, "-d", f"data/{data}.data", "-o", file, *SEED, "--quiet", *flags)
            self.ask_bundle(file, data)
        missing = set(self.models) - {model for model, _, _ in BUNDLES.values()}
        if missing:
            sys.exit(f"no bundle of {', '.join(sorted(missing))}: add it to BUNDLES")
        for name in EVALUATED:
            self.ask("evaluate", f"bundles/{name}.akin", "--cutoffs", "3,5", "--resamples", "0")

    def update(self):
        for name in UPDATED:
            file = f"bundles/{name}-updated.akin"
            self.run("update", f"bundles/{name}.akin", "-d", "data/more.data", "-o", file, *SEED, "--quiet")
            self.ask_bundle(file, "shop")
            self.ask("recommend", file, "--user", "Ünew", "-k", "5")

    def stop_and_resume(self):
        """A checkpoint of a fit that was stopped, and what the bundle recommends when it has trained all epochs."""
        for name, (model, flags, passes) in CHECKPOINTS.items():
            data = "data/shop.data"
            base = ["train", model, "-d", data, *SEED, "--quiet", *flags.split()]
            file, whole = f"checkpoints/{name}.checkpoint", "whole.akin"
            self.run(*base, "-o", whole, "--checkpoint", file, "--checkpoint-seconds", "0", "--stop-after", str(passes))
            self.run(*base, "-o", whole)
            query = ["--user", "u17", "-k", "5"]
            answer = json.loads(self.run("recommend", whole, *query, "--json").stdout)
            (self.folder / whole).unlink()
            self.answers.append({"command": "train", "file": file, "data": data, "passes": passes, "answer": answer,
                                 "flags": [model, "--seed", "7", *flags.split()], "recommend": query})

    def train_nets(self):
        for name, data in NETS.items():
            file = f"nets/{name}.net"
            trained = self.run("net", "train", EXAMPLES / f"{name}.toml", "-d", data, "-o", file, *SEED, "--json")
            self.ask("net predict", file, data=data, epochs=len(json.loads(trained.stdout)["epochs"]))

    def make(self):
        if self.folder.exists() and any(self.folder.iterdir()):
            sys.exit(f"{self.folder}: is not empty")
        for part in ("raw", "data", "bundles", "nets", "checkpoints"):
            (self.folder / part).mkdir(parents=True)
        self.write_raw()
        self.import_data()
        self.train()
        self.update()
        self.stop_and_resume()
        self.train_nets()
        lines = ",\n".join(json.dumps(answer, sort_keys=True) for answer in self.answers)
        (self.folder / "answers.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    Maker(*sys.argv[1:]).make()
