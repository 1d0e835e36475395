"""The research data sets: known answers, and damaged copies of their files. Skipped where $AKIN_DATA or ../shared/data is
absent."""
import gzip
import os
import pathlib
import random
import subprocess
import sys
import unittest

from harness import AKIN, ROOT, AkinTest

DATA = pathlib.Path(os.environ.get("AKIN_DATA", ROOT.parent / "shared" / "data"))
SKIPPED = 77  # CTest's SKIP_RETURN_CODE


class KnownAnswers(AkinTest):
    def test_musical_instruments(self):
        self.run_akin("import", "amazon", DATA / "amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz", "-o", "d")
        found = self.run_json("describe", "d")
        self.assertEqual((found["events"], found["users"], found["items"]), (10261, 1429, 900))
        self.assertEqual(found["empty_reviews"], 7)
        values = found["values"]
        self.assertAlmostEqual(values["mean"], 4.488744, 6)
        self.assertAlmostEqual(values["std"], 0.894642, 6)
        self.assertEqual([values[key] for key in ("min", "q25", "q50", "q75", "max")], [1, 4, 5, 5, 5])

    def test_beauty(self):
        folder = DATA / "amazon-beauty"
        self.run_akin("import", "lists", folder / "user_sequence.txt", "--ordered", "yes", "--items", folder / "items.tsv",
                      "--links", folder / "bought_together.txt", "-o", "d")
        found = self.run_json("describe", "d")
        self.assertEqual((found["users"], found["items"], found["events"]), (22363, 12101, 198502))

    def test_popularity_on_the_ncf_split(self):
        self.run_akin("import", "ncf", DATA / "movielens-1m/ncf/ml-1m.train.rating", "-o", "d", "--quiet")
        self.run_akin("train", "popularity", "-d", "d", "-o", "m", "--quiet")

        def at_ten(*flags):
            metrics = self.run_json("evaluate", "m", "--cutoffs", "10", *flags)["evaluation"]["metrics"]
            return round(metrics["HR@10"]["value"], 4), round(metrics["NDCG@10"]["value"], 4)

        self.assertEqual(at_ten("--ties", "for"), (0.4538, 0.2545), "the published way of counting")
        self.assertEqual(at_ten(), (0.4531, 0.2541), "ties against the model")

    def test_ratings_on_the_published_folds(self):
        folds = []
        for fold in range(1, 6):
            files = [DATA / f"movielens-100k/u{fold}.{part}" for part in ("base", "test")]
            self.run_akin("import", "movielens", *files, "-o", f"u{fold}", "--quiet")
            folds += ["-d", f"u{fold}"]
        models = {"bias": 0.946, "slope-one": 0.941, "item-knn-rating": 0.931, "als-wr": 0.92, "mf-sgd": 0.92, "svdpp": 0.915}
        found = self.run_json("compare", *folds, "--models", ",".join(models))
        errors = {result["model"]: result["evaluation"]["metrics"]["RMSE"]["value"] for result in found["models"]}
        self.assertAlmostEqual(errors["bias"], 0.9458, 4)
        for model, most in models.items():
            self.assertLess(errors[model], most, model)

    def test_online_retail(self):
        done = self.run_json("import", "csv", DATA / "online-retail/online_retail.csv.gz", "--user", "CustomerID", "--item",
                             "StockCode", "--value", "Quantity", "--time", "InvoiceDate", "--title", "Description",
                             "--min-raw-value", "0.5", "--item-pattern", "[0-9]{5}.*", "-o", "d")
        counts = {reason["reason"]: reason["count"] for reason in done["rejected"]}
        self.assertEqual(done["events"] + sum(counts.values()), 541909, "nothing is lost")
        self.assertEqual(counts["no user"], 135080)


class DamagedCopies(AkinTest):
    """Every copy gives data with counts, or one clear error; never a crash."""

    IMPORTS = {
        "amazon": ("amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz", ["amazon"]),
        "beauty": ("amazon-beauty/user_sequence.txt", ["lists", "--ordered", "yes"]),
        "movielens": ("movielens-1m/users.dat", ["movielens"]),
        "retail": ("online-retail/online_retail.csv.gz",
                   ["csv", "--user", "CustomerID", "--item", "StockCode", "--time", "InvoiceDate"]),
    }
    LINES_KEPT = 2000  # of each file: the parsers see every kind of line in them, and the test stays short

    def test_damaged(self):
        draw = random.Random(42)
        for name, (file, (reader, *flags)) in self.IMPORTS.items():
            path = DATA / file
            content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
            if name == "movielens":
                content = (DATA / "movielens-1m/ratings.dat").read_bytes()
            content = b"\n".join(content.split(b"\n")[:self.LINES_KEPT])
            damaged = {"cut": content[:len(content) // 2 + 7], "cut.gz": gzip.compress(content)[:5000],
                       "binary": bytes(draw.randrange(256) for _ in range(20000)), "empty": b"",
                       "zeros": content[:3000] + bytes(500) + content[3000:]}
            flipped = bytearray(content)
            for _ in range(300):
                flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
            damaged["flipped"] = bytes(flipped)
            for kind, text in damaged.items():
                with self.subTest(f"{name} {kind}"):
                    self.write("f", text)
                    self.check([reader, "f", *flags])

    def check(self, args):
        done = subprocess.run([AKIN, "import", *args, "-o", "d"], cwd=self.dir, capture_output=True, timeout=60)
        self.assertIn(done.returncode, (0, 1, 2), done.stderr)
        if done.returncode != 0:
            self.assertRegex(done.stderr.decode("utf-8", "replace"), r"\Aakin: error: [^\n]+\n\Z")
        else:
            self.assertRegex(done.stdout.decode("utf-8", "replace"), r"rejected +[\d,]+ line")


if __name__ == "__main__":
    if not DATA.is_dir():
        print(f"skipped: no research data at {DATA}; set AKIN_DATA to where it is")
        sys.exit(SKIPPED)
    unittest.main()
