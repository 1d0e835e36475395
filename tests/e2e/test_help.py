"""The guide and a --help of each kind, against golden files. After a wanted change: test_help.py --update, then read the diff."""
import pathlib
import re
import subprocess
import sys
import unittest

from harness import AKIN, AkinTest, models

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
FORMATS = ["amazon", "movielens", "csv", "jsonl", "xlsx", "atomic", "uirt", "lists", "pairs", "sessions", "ncf", "text"]
COMMANDS = ["import", "describe", "synthetic", "train", "tune", "evaluate", "compare", "fuse", "recommend", "predict", "similar", "encode", "encoder",
            "cluster", "explain", "update", "export", "forget", "pseudonym", "text", "net", "models", "demo"]
KINDS_OF_MODELS = ["als", "ease"]  # trained in epochs, and in one go
TEXT_ACTIONS = [["train", "text-linear"], ["evaluate", "text-linear"], ["evaluate"], ["predict"], ["explain"]]
NET_ACTIONS = ["describe", "train", "evaluate", "predict", "export"]


def cases():
    yield "guide", []
    for command in COMMANDS:
        yield command, [command, "--help"]
    for action in NET_ACTIONS:
        yield f"net_{action}", ["net", action, "--help"]
    for action in ("import", "describe"):
        yield f"encoder_{action}", ["encoder", action, "--help"]
    for action in TEXT_ACTIONS:
        yield "_".join(["text", *action]), ["text", *action, "--help"]
    for name in FORMATS:
        yield f"import_{name}", ["import", name, "--help"]
    for model in KINDS_OF_MODELS:
        for command in ("train", "tune"):
            yield f"{command}_{model}", [command, model, "--help"]
        yield f"models_{model}", ["models", model]


def without_models(text):
    """An overview without its list of models, so that a new model changes no golden file."""
    return re.sub(r"(?m)^(Models \(.*\n)(?:  .*\n)+", r"\1  ...\n", text)


def update():
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    for name, args in cases():
        text = subprocess.run([AKIN, *args], capture_output=True, check=True, text=True).stdout
        (GOLDEN / f"{name}.txt").write_text(without_models(text))


class HelpTest(AkinTest):
    def test_golden(self):
        for name, args in cases():
            with self.subTest(name):
                expected = (GOLDEN / f"{name}.txt").read_text()
                self.assertEqual(without_models(self.run_akin(*args).out), expected)

    def test_no_golden_file_is_left_over(self):
        self.assertEqual({name for name, _ in cases()}, {path.stem for path in GOLDEN.glob("*.txt")})

    def test_other_ways_to_ask(self):
        guide = self.run_akin().out
        self.assertEqual(self.run_akin("--help").out, guide)
        self.assertEqual(self.run_akin("-h").out, guide)
        self.assertEqual(self.run_akin("help").out, guide)
        self.assertEqual(self.run_akin("help", "train", "als").out, self.run_akin("train", "als", "-h").out)
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", guide)

    def test_version(self):
        self.assertRegex(self.run_akin("--version").out, r"\Aakin \d+\.\d+\.\d+\n(BLAS of nets: /.*\n)?\Z")

    def test_lines_fit_a_terminal(self):
        commands = [args for name, args in cases() if not name.startswith("models")]  # those are tables
        for model in models(with_reviews=True):
            commands += [["train", model["name"], "--help"], ["tune", model["name"], "--help"]]
        for args in commands:
            for line in self.run_akin(*args).out.splitlines():
                self.assertLessEqual(len(line), 120, f"{args}: {line}")

    def test_every_model_is_listed_and_explained(self):
        for model in models(with_reviews=True):
            name = model["name"]
            for overview in (["train", "--help"], ["tune", "--help"], ["models"]):
                self.assertRegex(self.run_akin(*overview).out, rf"(?m)^ *{re.escape(name)} ", f"{overview}")
            text = self.run_akin("models", name).out
            flags = self.run_akin("train", name, "--help").out
            for param in model["params"]:
                self.assertIn(param["name"], text)
                self.assertIn("--" + param["name"].replace("_", "-"), flags)

    def test_help_wins_over_missing_arguments(self):
        self.assertIn("Usage: akin recommend", self.run_akin("recommend", "--user", "x", "--help").out)


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        unittest.main()
