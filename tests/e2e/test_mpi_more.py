"""import, recommend, evaluate, compare, tune and nets started by mpirun: the files and figures of one process."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from harness import AKIN, AkinTest

ENVIRONMENT = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                            "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMPI_MCA_rmaps_base_oversubscribe": "1"}
SMALL = ["--set", "als.factors=4", "--set", "als.epochs=4"]


def without_seconds(value):
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if "seconds" not in k}
    return [without_seconds(v) for v in value] if isinstance(value, list) else value


class MpiTest(AkinTest):
    def run_ranks(self, ranks, *args, code=0, stdin=""):
        done = subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks), AKIN, *map(str, args), "--threads", "1"],
                              cwd=self.dir, capture_output=True, timeout=100, env=ENVIRONMENT, text=True, input=stdin)
        self.assertEqual(done.returncode, code, f"{args}\n{done.stdout}\n{done.stderr}")
        return done

    def json_of(self, ranks, *args):
        return without_seconds(json.loads(self.run_ranks(ranks, *args, "--json").stdout))

    def test_import(self):
        lines = [f'u{i * 7 % 90},{i * i % 70},{i % 6},{"bad" if i == 700 else 1400000000 + i},"film\n{i % 9}"' for i in range(900)]
        self.write("a.csv", "user,item,rating,time,title\n" + "\n".join(lines))
        self.write("b.csv", "user,item,rating,time\nu1,5,3,\nv,6,4,1400000000\n")
        self.write("p.txt", "".join(f"u{i % 9} i{i * i % 50}\n" for i in range(200)))
        for ranks, args in {3: ["csv", "a.csv", "b.csv", "--k-core", "3"],
                            4: ["pairs", "p.txt"]}.items():
            said = []
            for n in (1, ranks):
                run = self.run_ranks(n, "import", *args, "-o", "events.data")
                said.append(re.sub(r" in [\d.]+ m?s.*", "", run.stdout))
                data = (self.dir / "events.data").read_bytes()
                (self.dir / "events.data").unlink()
                if n == 1:
                    one = data
            self.assertEqual(said[1], said[0])
            self.assertEqual(data, one)
        failed = self.run_ranks(3, "import", "csv", "a.csv", "--strict", "-o", "x.data", code=1)
        self.assertEqual(failed.stderr.count("a.csv:1402: time not understood or out of range ('bad')"), 1, failed.stderr)
        self.assertFalse((self.dir / "x.data").exists())
        refused = self.run_ranks(2, "import", "csv", "-", "-o", "x.data", code=2)
        self.search("standard input: several processes cannot read a pipe", refused.stderr)

    def test_recommend_and_evaluate(self):
        self.make_bundle("als", "m", "--factors", "4", "--epochs", "3")
        self.write("users.txt", "u3\nnobody\nu7\n")
        for name, flags in {"all.tsv": ["--all-users"], "some.jsonl": ["--users", "users.txt", "-k", "3"]}.items():
            self.run_akin("recommend", "m", *flags, "-o", name)
            done = self.run_ranks(3, "recommend", "m", *flags, "-o", "ranks_" + name)
            self.assertEqual((self.dir / ("ranks_" + name)).read_bytes(), (self.dir / name).read_bytes())
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("wrote ranks_" + name), 1)
        one = self.run_akin("recommend", "m", "--user", "u3").out
        self.assertEqual(self.run_ranks(3, "recommend", "m", "--user", "u3").stdout, one)
        refused = self.run_ranks(2, "recommend", "m", "--serve-lines", code=2)
        self.search("akin: error: --serve-lines works in one process: start it without mpirun", refused.stderr)
        one = without_seconds(self.run_json("evaluate", "m", "--threads", "1"))
        self.assertEqual(self.json_of(3, "evaluate", "m", "--html", "m.html"), one)
        self.assertTrue((self.dir / "m.html").exists())

    def test_compare(self):
        self.make_data()
        args = ["compare", "-d", "events.data", "--models", "user-knn,als,mf-sgd", *SMALL]
        one = without_seconds(self.run_json(*args, "--threads", "1"))
        self.assertEqual(len(one["models"]), 3)
        self.assertEqual(self.json_of(1, *args), one)
        self.assertEqual(self.json_of(3, *args, "--html", "all.html"), one)
        diverging = ["--set", "mf-sgd.learning_rate=10", "--set", "mf-sgd.regularization=0",
                     "--set", "mf-sgd.learning_rate_decay=1"]
        failed = self.run_ranks(2, *args, *diverging, code=1)
        self.assertEqual(failed.stderr.count("each of the 2 processes fits all of these by itself: user-knn\n"), 1)
        self.search(r"\nals ", failed.stdout)
        self.search("mf-sgd.*diverged", failed.stdout)

    def test_async(self):
        self.make_data()
        train = ["train", "neumf", "-d", "events.data", "--epochs", "3", "--holdout", "none"]
        done = self.run_ranks(3, *train, "--async", "-o", "m")
        self.assertEqual(done.stderr.count("async: processes do not wait for each other"), 1)
        self.run_akin("recommend", "m", "--user", "u3")
        # One worker sees all of its steps: as one process.
        losses = [self.search(r"loss (.*)", done.stdout + done.stderr).group(1) for done in
                  (self.run_ranks(2, *train, "--async", "-o", "two"), self.run_ranks(1, *train, "-o", "one"))]
        self.assertEqual(losses[0], losses[1])
        alone = self.run_ranks(1, *train, "--async", "-o", "m", code=2)
        self.search("async is for several processes.*mpirun -n 3", alone.stderr)

    def test_tune(self):
        self.make_data()
        for search in ("random", "halving"):
            args = ["tune", "bpr", "-d", "events.data", "--set", "factors=4", "--set", "epochs=9", "--trials", "9",
                    "--search", search, "-o"]
            one = without_seconds(self.run_json(*args, "one.toml", "--threads", "1"))
            self.assertEqual(self.json_of(3, *args, "ranks.toml", "--html", "t.html"), one)
            best = [re.sub("# made by: .*", "", (self.dir / f"{name}.toml").read_text()) for name in ("one", "ranks")]
            self.assertEqual(best[0], best[1])
            logs = [(self.dir / f"{name}.toml.trials.jsonl").read_text().splitlines() for name in ("one", "ranks")]
            self.assertEqual(len(logs[0]), len(logs[1]))
            self.assertFalse((self.dir / "ranks.toml.trials.jsonl.states").exists())
            for name in ("one", "ranks"):
                (self.dir / f"{name}.toml.trials.jsonl").unlink()
        # A search that was killed goes on.
        self.write("ranks.toml.trials.jsonl", "\n".join(logs[1][:5]) + "\n")
        done = self.run_ranks(2, *args, "ranks.toml", "--json")
        self.assertEqual(without_seconds(json.loads(done.stdout)), one)
        self.search("4 finished trials taken from there", done.stderr)


if __name__ == "__main__":
    libraries = [pathlib.Path(AKIN).parent / "libakin_mpi.so", pathlib.Path(AKIN).parent.parent / "lib" / "libakin_mpi.so"]
    if shutil.which("mpirun") is None or not any(path.exists() for path in libraries):
        print("skipped: mpirun or libakin_mpi.so is missing")
        sys.exit(77)
    unittest.main()
