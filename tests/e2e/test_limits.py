"""Numbers, texts and paths that are not meant well: each is refused in one line that a user understands."""
import os
import resource
import subprocess
import time
import unittest

from harness import AKIN, AkinTest, csv_text, tiny_events

NET = """name = "small"
[[layers]]
kind = "input"
shape = [2]
[[layers]]
kind = "dense"
units = 1
[train]
epochs = 1
[data]
inputs = ["a", "b"]
target = "c"
"""
TABLE = "a,b,c\n" + "0,1,1\n1,0,1\n1,1,0\n" * 3


class LimitsTest(AkinTest):
    def refused(self, *args, pattern, code=2):
        done = self.run_akin(*args, code=code)
        self.assert_error(done, pattern)
        self.assertNotIn("unexpected", done.err)
        self.assertNotIn("bug in akin", done.err)


class TextTest(LimitsTest):
    """Recursion and backtracking."""

    def test_deep_toml(self):
        self.make_data()
        self.write("t.csv", TABLE)
        for name, text in (("dots", "a." * 35_000 + "a = 1\n"), ("header", "[" + "a." * 35_000 + "a]\n"),
                           ("lists", "a = " + "[" * 1_000_000), ("tables", "a = " + "{a = " * 100_000),
                           ("quoted", '"a".' * 35_000 + "a = 1")):
            with self.subTest(name):
                self.write("deep.toml", text)
                self.refused("describe", "events.data", "--config", "deep.toml",
                             pattern=r"deep\.toml:1: nested deeper than 64 levels")
                self.refused("net", "describe", "deep.toml", pattern=r"deep\.toml:1: nested deeper than 64 levels")
                self.refused("net", "train", "deep.toml", "--data", "t.csv", "-o", "n",
                             pattern=r"deep\.toml:1: nested deeper than 64 levels")

    def test_item_pattern(self):
        self.write("x.csv", "user,item\nu,b\nu," + "a" * 100_000 + "!\n")
        start = time.monotonic()
        self.run_akin("import", "csv", "x.csv", "-o", "d", "--item-pattern", "^(a+)+$|b", "--quiet")
        self.assertLess(time.monotonic() - start, 60)
        self.refused("import", "csv", "x.csv", "-o", "d", "--item-pattern", "(" * 20_000,
                     pattern=r"--item-pattern: a pattern of 20000 bytes is too long; it may have up to 1000")
        self.refused("import", "csv", "x.csv", "-o", "d", "--item-pattern", "(" * 400,
                     pattern=r"--item-pattern: '\(+' is not a regular expression: missing \)")
        self.refused("import", "csv", "x.csv", "-o", "d", "--item-pattern", r"(a)\1",
                     pattern=r"invalid escape sequence: .1; back-references and look-around are not supported")


class NumberTest(LimitsTest):
    def net(self, old, new):
        self.write("t.csv", TABLE)
        self.assertIn(old, NET)
        return self.write("n.toml", NET.replace(old, new))

    def test_numbers_of_net_files(self):
        for old, new, pattern in (
                ("epochs = 1", "epochs = 4294967296",
                 r"n\.toml:9: epochs = 4294967296 is not a whole number from 0 to 2147483647"),
                ("epochs = 1", "batch_size = 9223372036854775807", r"batch_size = 9223372036854775807 is not"),
                ("units = 1", "units = 9223372036854775807", r"units is 9223372036854775807, but may be up to"),
                ("units = 1", "units = 1\n[[layers]]\nkind = 'reshape'\nshape = [7, 7905747460161236407]",
                 r"shape is 7905747460161236407, but may be up to"),
                ('kind = "dense"\nunits = 1', "kind = 'embedding'\nrows = 9223372036854775807\nunits = 2",
                 r"rows is 9223372036854775807, but may be up to 2147483647"),
                ("name", "output = []\nname", r"n\.toml:1: write one name"),
                ("[data]", "[data]\nkind = []", r"n\.toml:11: write one name")):
            with self.subTest(new):
                self.net(old, new)
                self.refused("net", "train", "n.toml", "--data", "t.csv", "-o", "n", pattern=pattern)
                self.assertNotIn("n", self.files())

    def test_too_many_layers(self):
        self.net("[train]", "[[layers]]\nkind = 'flatten'\n" * 100_000 + "[train]")
        self.refused("net", "describe", "n.toml", pattern=r"net small: has more than 10000 layers")

    def test_sums_of_values(self):
        self.write("x.csv", "user,item,value\nann,tea,3e38\nann,tea,3e38\nbob,milk,1\n")
        self.refused("import", "csv", "x.csv", "-o", "d", "--repeats", "sum", code=1,
                     pattern=r"user 'ann', item 'tea': the values of its repeats add up to more than .*--repeats mean")
        self.run_akin("import", "csv", "x.csv", "-o", "d", "--repeats", "mean", "--quiet")

    def test_bounds_as_printed(self):
        self.make_data()
        self.run_akin("train", "mlp", "-d", "events.data", "-o", "m", "--dropout", "0.99", "--epochs", "1", "--quiet")
        self.refused("train", "mlp", "-d", "events.data", "-o", "m", "--dropout", "0.991",
                     pattern=r"mlp: parameter dropout: 0\.991 is not between 0 and 0\.99")
        self.net("", "")
        self.run_akin("net", "train", "n.toml", "--data", "t.csv", "-o", "n", "--learning-rate", "1e-12", "--quiet")
        self.refused("net", "train", "n.toml", "--data", "t.csv", "-o", "n", "--learning-rate", "2e6",
                     pattern=r"learning_rate = '2000000' is not a number from 1e-12 to 1000000")

    def test_ranges_name_the_model(self):
        self.make_data()
        self.refused("compare", "-d", "events.data", "--models", "als,bpr", "--set", "als.factors=0",
                     pattern=r"als: parameter factors: 0 is not between")
        self.refused("tune", "als", "-d", "events.data", "-o", "t", "--set", "factors=0",
                     pattern=r"als: parameter factors: 0 is not between")


class PathTest(LimitsTest):
    """Paths that no file can have."""

    def setUp(self):
        super().setUp()
        self.make_bundle()
        self.write("n.toml", NET)
        self.write("t.csv", TABLE)
        os.mkdir(self.dir / "folder")

    def make_loop(self):
        for one, other in (("loop1", "loop2"), ("loop2", "loop1")):
            (self.dir / one).unlink(missing_ok=True)
            os.symlink(other, self.dir / one)

    def test_every_path(self):
        train = ["train", "als", "-d", "events.data", "-o", "m2", "--epochs", "1"]
        commands = [
            ["describe", "{}"], ["import", "csv", "{}", "-o", "d"], ["import", "amazon", "{}", "-o", "d"],
            ["import", "movielens", "{}", "-o", "d"], ["import", "atomic", "{}", "-o", "d"],
            ["import", "lists", "{}", "-o", "d"], ["import", "text", "{}", "-o", "d"], ["import", "ncf", "{}", "-o", "d"],
            ["import", "csv", "events.csv", "-o", "d", "--items", "{}"],
            ["import", "csv", "events.csv", "-o", "{}"],
            ["train", "als", "-d", "{}", "-o", "m2"], ["train", "als", "-d", "events.data", "-o", "{}", "--epochs", "1"],
            [*train, "--checkpoint", "{}"], [*train, "--checkpoint", "{}", "--resume"], [*train, "--config", "{}"],
            [*train, "--init-items", "{}"],
            ["tune", "als", "-d", "events.data", "-o", "t.toml", "--trials", "1", "--set", "epochs=1", "--trials-file", "{}"],
            ["tune", "als", "-d", "events.data", "-o", "t.toml", "--search", "halving", "--trials", "2", "--trials-file", "{}"],
            ["evaluate", "{}"], ["recommend", "{}", "--user", "u1"], ["recommend", "model.akin", "--user", "u1", "--exclude", "{}"],
            ["recommend", "model.akin", "--all-users", "-o", "{}"],
            ["similar", "{}", "--item", "i1"], ["explain", "{}", "--user", "u1"], ["encode", "{}", "--text", "a"],
            ["update", "{}", "-d", "events.data", "-o", "m2"], ["update", "model.akin", "-d", "{}", "-o", "m2"],
            ["export", "{}", "--to", "npy", "-o", "v"], ["export", "model.akin", "--to", "npy", "-o", "{}"],
            ["export", "model.akin", "--to", "csv", "-o", "{}"],
            ["net", "describe", "{}"], ["net", "train", "{}", "--data", "t.csv", "-o", "n"],
            ["net", "train", "n.toml", "--data", "{}", "-o", "n"], ["net", "train", "n.toml", "--data", "t.csv", "-o", "{}"],
            ["net", "train", "n.toml", "--data", "t.csv", "-o", "n", "--init", "{}"],
            ["net", "train", "n.toml", "--data", "t.csv", "-o", "n", "--checkpoint", "{}"],
            ["net", "predict", "{}", "--data", "t.csv"], ["synthetic", "-o", "{}", "--users", "9", "--items", "9", "--events", "20"],
            ["compare", "-d", "{}"], ["compare", "-d", "events.data", "--models", "popularity", "--html", "{}"],
        ]
        paths = {"long": "x" * 300, "longer": "x/" * 3000, "loop": "loop1", "below a file": "t.csv/x", "below a loop": "loop1/x"}
        reads_folders = ("movielens", "atomic", "synthetic")
        for command in commands:
            for kind, path in {**paths, "folder": "folder"}.items():
                if kind == "folder" and any(word in command for word in reads_folders):
                    continue
                with self.subTest(command=command, path=kind):
                    self.make_loop()
                    done = subprocess.run([AKIN, *[part.replace("{}", path) for part in command]], cwd=self.dir,
                                          capture_output=True, timeout=120)
                    err = done.stderr.decode()
                    if kind == "loop" and done.returncode == 0:
                        self.assertFalse((self.dir / path).is_symlink())  # it was written, in the place of the link
                        continue
                    self.assertIn(done.returncode, (1, 2), err)
                    self.assertRegex(err, r"(?m)^akin: error: ")
                    self.assertNotRegex(err, "unexpected|bug in akin|terminate|filesystem error")

    def test_nul_in_config(self):
        self.write("c.toml", 'html = "page\\u0000.html"\n')
        self.refused("describe", "events.data", "--config", "c.toml", pattern=r"c\.toml:1: a text holds the character NUL")


class LogTest(LimitsTest):
    def test_trials_of_another_type(self):
        self.make_data()
        tune = ["tune", "popularity", "-d", "events.data", "-o", "t.toml", "--trials", "1", "--trials-file", "log"]
        model = ["tune", "als", *tune[2:], "--set", "epochs=1", "--set", "factors=2"]
        self.run_akin(*model, "--quiet")
        lines = (self.dir / "log").read_text().splitlines()
        for old, new, pattern in (('"trial":0', '"trial":4294967296', r"log:2: trial is not a whole number from 0 to"),
                                  ('"trial":0', '"trial":"x"', r"log:2: trial is not a whole number"),
                                  ('"trial":0', '"trial":-1', r"log:2: trial is not a whole number"),
                                  ('"budget":0', '"budget":1e300', r"log:2: budget is not a whole number"),
                                  ('"failure":""', '"failure":[]', r"log:2: failure is not a text"),
                                  ('"params":{', '"params":{"factors":2,"x":{', r"log:2")):
            with self.subTest(new):
                self.assertIn(old, lines[1])
                self.write("log", lines[0] + "\n" + lines[1].replace(old, new) + "\n")
                self.refused(*model, code=1, pattern=pattern)
        for text, pattern in (("[" * 100_000, r"log:1: not a file of trials: the JSON text is nested deeper"),
                              ("{}", r"log:1: not a file of trials: search is missing"),
                              ('{"search": {"model": 1}}', r"log:1: not a file of trials: search: model is not a text")):
            with self.subTest(text[:9]):
                self.write("log", text + "\n")
                self.refused(*model, code=1, pattern=pattern)


def limited(megabytes):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


class ResourceTest(AkinTest):
    def run_limited(self, megabytes, *args):
        return subprocess.run([AKIN, *args], cwd=self.dir, capture_output=True, timeout=120, text=True,
                              preexec_fn=limited(megabytes))

    def setUp(self):
        super().setUp()
        self.make_data()
        if self.run_limited(600, "describe", "events.data", "--threads", "1").returncode != 0:
            self.skipTest("this build needs more address space to begin with (a sanitizer)")

    def test_threads_that_cannot_be_made(self):
        for model in ("als", "mf-sgd", "neumf"):  # by parallel_for() and by WorkerTeam
            with self.subTest(model):
                done = self.run_limited(600, "train", model, "-d", "events.data", "-o", "m", "--threads", "1000", "--quiet")
                if done.returncode == 0:
                    continue  # so few rows that it took few threads
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"\Aakin: error: (the system cannot start another thread: .*use fewer threads|not enough memory)")

    def test_memory(self):
        done = self.run_limited(600, "synthetic", "-o", "s", "--users", "90000000", "--items", "90000000",
                                "--events", "2000000000", "--min-events", "1")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"akin: error: not enough memory; ")


if __name__ == "__main__":
    unittest.main()
