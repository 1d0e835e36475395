"""The guide and every --help, against golden files. After a wanted change: test_help.py --update, then read the diff."""
import pathlib
import subprocess
import sys
import unittest

from harness import AKIN, AkinTest, models

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
FORMATS = ["amazon", "movielens", "csv", "atomic", "uirt", "lists", "pairs", "sessions", "ncf", "text"]
COMMANDS = ["import", "describe", "synthetic", "train", "tune", "evaluate", "compare", "recommend", "similar", "embed", "explain",
            "update", "export", "net", "models", "demo"]
NET_ACTIONS = ["describe", "train", "evaluate", "predict", "export"]


def cases():
    yield "guide", []
    for command in COMMANDS:
        yield command, [command, "--help"]
    for action in NET_ACTIONS:
        yield f"net_{action}", ["net", action, "--help"]
    for name in FORMATS:
        yield f"import_{name}", ["import", name, "--help"]
    for model in models():
        yield f"train_{model['name']}", ["train", model["name"], "--help"]
        yield f"tune_{model['name']}", ["tune", model["name"], "--help"]
        yield f"models_{model['name']}", ["models", model["name"]]
    yield "models_list", ["models"]


def update():
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    for name, args in cases():
        (GOLDEN / f"{name}.txt").write_bytes(subprocess.run([AKIN, *args], capture_output=True, check=True).stdout)


class HelpTest(AkinTest):
    def test_golden(self):
        for name, args in cases():
            with self.subTest(name):
                expected = (GOLDEN / f"{name}.txt").read_text()
                self.assertEqual(self.run_akin(*args).out, expected)

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
        self.assertRegex(self.run_akin("--version").out, r"\Aakin \d+\.\d+\.\d+\n\Z")

    def test_lines_fit_a_terminal(self):
        for path in GOLDEN.glob("*.txt"):
            if path.stem.startswith("models"):
                continue  # tables
            for line in path.read_text().splitlines():
                self.assertLessEqual(len(line), 120, f"{path.name}: {line}")

    def test_help_wins_over_missing_arguments(self):
        self.assertIn("Usage: akin recommend", self.run_akin("recommend", "--user", "x", "--help").out)


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        unittest.main()
