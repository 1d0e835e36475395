"""akin tune: killed and run again, the same result; its file trains."""
import json
import signal
import subprocess
import time
import tomllib
import unittest

from harness import AKIN, AkinTest, models, needed_file


class TuneTest(AkinTest):
    BASE = ["-d", "events.data", "-o", "best.toml", "--set", "factors=4", "--set", "epochs=30", "--metric", "NDCG@5"]

    def trials(self, result):
        return [{key: value for key, value in row.items() if key != "seconds"} for row in result["trials"]]

    def test_every_model(self):
        self.make_data()
        for model in models():
            name = model["name"]
            with self.subTest(name):
                named = {param["name"] for param in model["params"]}
                small = [flag for length in ("factors",) if length in named
                         for flag in ("--range", f"{length}=4:8")]
                args = ["tune", name, "-d", "events.data", "-o", f"{name}.toml", "--trials", "3", *small,
                        *(word for param, value in needed_file(model).items() for word in ("--set", f"{param}={value}"))]
                if not small and not any("search" in param for param in model["params"]):
                    self.assert_error(self.run_akin(*args, code=2), f"{name}: nothing is left to search")
                    continue
                out = self.run_akin(*args).out
                self.search(rf"\A3 trials of {name} on 30 validation events \(test events, --holdout last, not used\)",
                            out)
                self.search(r"\n\S+ \(defaults\)|\n *0 \(defaults\)", out)
                self.search(rf"Next: akin train {name} -d events.data --config {name}.toml -o {name}.akin", out)
                text = (self.dir / f"{name}.toml").read_text()
                self.search(rf"\A# {name}: the best of 3 trials", text)
                self.assertEqual(set(tomllib.loads(text)) - {"seed", "stop_after"},
                                 {param["name"] for param in model["params"]})
                self.run_akin("train", name, "-d", "events.data", "-o", "m", "--config", f"{name}.toml", "--quiet")
                self.run_akin("evaluate", "m")

    def test_killed_and_run_again(self):
        self.make_data()
        for search in ("random", "halving"):
            with self.subTest(search):
                args = ["tune", "bpr", *self.BASE, "--set", "epochs=200", "--patience", "0", "--search", search,
                        "--trials", "20"]
                whole = self.run_json(*args, "--trials-file", "whole." + search)
                best = (self.dir / "best.toml").read_text().split("\n", 3)[3]
                log = self.dir / "best.toml.trials.jsonl"
                for finished in (1, 4, 9):  # trials in the file when the kill comes
                    process = subprocess.Popen([AKIN, *args, "--parallel", "2", "--quiet"], cwd=self.dir,
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    while process.poll() is None and not (log.exists() and log.read_text().count("\n") > finished):
                        time.sleep(0.001)
                    process.kill()
                    self.assertEqual(process.wait(), -signal.SIGKILL)
                again = self.run_json(*args, "--parallel", "3")
                self.assertEqual(self.trials(again), self.trials(whole))
                self.assertEqual((self.dir / "best.toml").read_text().split("\n", 3)[3], best)
                self.assertFalse((self.dir / "best.toml.trials.jsonl.states").exists())
                log.unlink()

    def test_interrupted(self):
        self.make_data()
        process = subprocess.Popen([AKIN, "tune", "bpr", *self.BASE, "--set", "epochs=5000", "--patience", "0"],
                                   cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (130, b""))
        self.assertTrue(err.endswith(b"akin: error: interrupted\n"))
        self.assertFalse((self.dir / "best.toml").exists())

    def test_json_html_and_failed_trials(self):
        self.make_data()
        result = self.run_json("tune", "mf-sgd", "-d", "events.data", "-o", "best.toml", "--trials", "12", "--set",
                               "factors=4", "--set", "regularization=0", "--range", "learning_rate=0.01:10", "--range",
                               "learning_rate_decay=0.99:1", "--html", "page.html")
        self.assertEqual(result["metric"], "RMSE")
        errors = [row for row in result["trials"] if "error" in row]
        self.assertEqual(len(errors), result["failed"])
        self.assertGreater(len(errors), 0)
        values = [row["value"] for row in result["trials"] if "error" not in row]
        self.assertEqual(values, sorted(values))
        best = tomllib.loads((self.dir / "best.toml").read_text())
        self.assertEqual(str(best["epochs"]), result["best"]["params"]["epochs"])
        self.assertEqual(best["epochs"], result["trials"][0]["best_epoch"])
        page = (self.dir / "page.html").read_text()
        self.assertTrue(page.startswith("<!DOCTYPE html>"))
        self.assertNotRegex(page, r"(src|href)=\"?https?:")

    def test_the_best_epoch_is_what_is_trained(self):
        """The file's model on the same events is the model that was found: stop_after for planned schedules."""
        self.make_data()
        result = self.run_json("tune", "bpr", *self.BASE, "--trials", "4")
        self.run_akin("train", "bpr", "-d", "events.data", "-o", "m", "--config", "best.toml", "--quiet")
        found = self.run_json("train", "bpr", "-d", "events.data", "-o", "m", "--config", "best.toml", "--metric", "NDCG@5")
        self.assertEqual(found["monitor"]["best_value"], result["trials"][0]["value"])

    def test_halving_of_a_model_without_passes(self):
        self.make_data()
        done = self.run_akin("tune", "item-knn", "-d", "events.data", "-o", "b", "--search", "halving", "--trials", "2")
        self.search(r"item-knn is not trained in epochs: random search instead of halving", done.err)

    def test_wrong_flags(self):
        self.make_data()
        for flags, pattern in ((["--search", "grid"], "neither random nor halving"), (["--set", "factors"], "--set"),
                               (["--range", "factors=9:8"], "LOW below HIGH"), (["--trials", "0"], "at least 1"),
                               (["--range", "factor=1:8"], "did you mean factors"), (["--metric", "x"], "metric 'x'"),
                               (["--set", "factors=0"], "factors: 0 is not between"), (["--eta", "1"], "at least 2")):
            with self.subTest(flags):
                done = self.run_akin("tune", "als", "-d", "events.data", "-o", "b", *flags, code=2)
                self.assert_error(done, pattern)
        self.assert_error(self.run_akin("tune", code=2), "name a model")
        self.run_akin("tune", "als", "-d", "events.data", "-o", "b", "--trials", "1", "--set", "factors=2")
        done = self.run_akin("tune", "als", "-d", "events.data", "-o", "b", "--trials", "1", "--set", "factors=3",
                             "--quiet", code=1)
        self.assert_error(done, r"b\.trials\.jsonl: holds the trials of another search")


if __name__ == "__main__":
    unittest.main()
