#!/usr/bin/env python3
"""Adds a model as CONTRIBUTING.md says, with the text that stands there, to a copy of the sources: is nothing else needed?

    tests/recipe/recipe_test.py BUILD          a build folder of CMake with Ninja, in which akin and contract_test are built

Compiles the new files and those that read the new line and row, and links them before the libraries of BUILD, whose members they
replace. Writes to a temporary folder only. Exits with 77 where BUILD lacks what that takes.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPIED = ["CONTRIBUTING.md", "src", "scripts/check_layers.py", "tests/contract", "tests/e2e", "tests/reference/bert"]
GUIDE, REGISTRY, ROWS = "CONTRIBUTING.md", "src/akin/catalog/registry.cc", "tests/contract/quality_floors.tsv"
READER = "tests/contract/planted_data.cc"  # of ROWS
MODEL_FILE = r"src/akin/models/\w+/\w+"
PROGRAMS = {"akin": "akin", "make_configs": "akin_make_configs", "contract_test": "tests/contract/contract_test",
            "models_test": "models_test"}  # name: output of the build
USES_CONFIG = """#include "akin/configs.h"
#include <type_traits>
akin::ParamValues values();
akin::ParamValues values() { return akin::NewestConfig{.min_events = 3}.values(); }
template <typename... C>
constexpr bool has(std::tuple<C...>*) { return (std::is_same_v<C, akin::NewestConfig> || ...); }
static_assert(has(static_cast<akin::ModelConfigs*>(nullptr)));
"""


class Disagree(Exception):
    """The recipe and the tree."""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run(*args, code=0, **options):
    done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True, errors="replace", **options)
    if done.returncode != code:
        raise AssertionError(f"{shlex.join(map(str, args))}\nexit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Recipe:
    """The section of CONTRIBUTING.md: texts by the file each belongs to."""

    def __init__(self, guide):
        section = re.search(r"(?ms)^## Add a model.*?(?=^## )", guide)
        if not section:
            raise Disagree(f"{GUIDE} has no section '## Add a model ...'")
        blocks = re.findall(r"(?ms)^`([\w/.]+)`[^`]*?:\n\n```\w*\n(.*?)^```$", section.group())
        self.texts = dict(blocks)
        self.files = {path: text for path, text in blocks if re.match(MODEL_FILE, path)}
        stems = {re.sub(r"(_test)?\.(h|cc)$", "", path) for path in self.files}
        stem = min(stems, default="")
        if set(self.texts) != {f"{stem}{end}" for end in (".h", ".cc", "_test.cc")} | {REGISTRY, ROWS}:
            raise Disagree(f"{GUIDE} must give the text of a model's .h, .cc and _test.cc, the lines in {REGISTRY} and the row "
                           f"in {ROWS}, each after a line `FILE`: that names it. It gives: {', '.join(self.texts) or 'none'}")
        self.header, self.code, self.test = f"{stem}.h", f"{stem}.cc", f"{stem}_test.cc"
        self.includes = [line for line in self.texts[REGISTRY].splitlines() if line.startswith("#include ")]
        self.entries = [line for line in self.texts[REGISTRY].splitlines() if line not in self.includes]
        self.rows = self.texts[ROWS].splitlines()
        if (len(self.includes), len(self.entries), len(self.rows)) != (1, 1, 1):
            raise Disagree(f"{GUIDE} promises one line and its include in {REGISTRY}, and one row in {ROWS}")
        self.name = self.rows[0].split("\t")[0]
        if f'kName = "{self.name}"' not in self.texts[self.header]:
            raise Disagree(f"{GUIDE}: the row in {ROWS} is of '{self.name}', the kName in {self.header} is another")

    def follow(self, root):
        for path, text in self.files.items():
            if not (root / path).parent.is_dir():
                raise Disagree(f"{GUIDE} puts {path} into a folder that is not there")
            if (root / path).exists():
                raise Disagree(f"{GUIDE} uses {path} as its example, but there is such a file: take another name")
            (root / path).write_text(text)
        registry = (root / REGISTRY).read_text().splitlines()
        for anchor, line in (('#include "akin/models/', self.includes[0]), ("      entry<", self.entries[0])):
            places = [number for number, other in enumerate(registry) if other.startswith(anchor)]
            if not places:
                raise Disagree(f"{REGISTRY} has no line that begins with '{anchor.strip()}': {GUIDE} must say where else the "
                               "list of models is now")
            after = [number for number in places if line in self.entries or registry[number] < line]
            registry.insert(after[-1] + 1 if after else places[0], line)
        (root / REGISTRY).write_text("\n".join(registry) + "\n")
        with open(root / ROWS, "a") as rows:
            rows.write(self.rows[0] + "\n")

    def undo(self, root):
        for path in self.files:
            (root / path).unlink()
        for path, lines in ((REGISTRY, self.includes + self.entries), (ROWS, self.rows)):
            kept = [line for line in (root / path).read_text().splitlines(True) if line.rstrip("\n") not in lines]
            (root / path).write_text("".join(kept))


class Build:
    """Compiles files of the copy and links them as BUILD would."""

    def __init__(self, folder, copy, out):
        self.folder, self.copy, self.out = folder, copy, out
        cache = folder / "CMakeCache.txt"
        text = cache.read_text() if cache.exists() else ""
        settings = dict(re.findall(r"(?m)^(CMAKE_GENERATOR|CMAKE_MAKE_PROGRAM):\w+=(.*)$", text))
        if settings.get("CMAKE_GENERATOR") != "Ninja":
            skip(f"{folder} is no build folder of CMake with Ninja")
        self.ninja = settings["CMAKE_MAKE_PROGRAM"]
        commands = folder / "compile_commands.json"
        if not commands.exists():
            skip(f"{commands} is missing: configure with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        self.commands = {os.path.relpath(entry["file"], ROOT): entry for entry in json.loads(commands.read_text())}
        for name in ("akin", "make_configs", "contract_test"):
            if not (folder / PROGRAMS[name]).exists():
                skip(f"{folder / PROGRAMS[name]} is not built")

    def compile(self, source, like=None, flags=()):
        """The object of a file of the copy, by the command for itself, or for the first file whose path matches `like`."""
        found = [path for path in sorted(self.commands) if re.fullmatch(like or re.escape(source), path)]
        if not found:
            raise Disagree(f"{self.folder / 'compile_commands.json'} has no {like or source}")
        entry = self.commands[found[0]]
        # The sources' folder becomes the copy's; the build folder, which may lie in it, stays.
        args = [re.sub(rf'{re.escape(str(ROOT))}(?=$|"|/src\b|/tests\b)', str(self.copy), arg)
                for arg in shlex.split(entry["command"])]
        # Precompiled headers know the original's folder; a model must compile without them.
        args = [arg for i, arg in enumerate(args) if not (arg == "-include" or args[i - 1] == "-include" or arg == "-Winvalid-pch")]
        target = self.out / (pathlib.Path(source).stem + ".o")
        args[args.index("-o") + 1] = str(target)
        args[args.index("-c") + 1] = str(self.copy / source)
        run(*args, *flags, cwd=entry["directory"])
        return target

    def link(self, name, objects, keep=True):
        """The program `name` of BUILD with `objects`, instead of its own of the same files, or of any unless `keep`."""
        steps = run(self.ninja, "-C", self.folder, "-t", "commands", "-s", PROGRAMS[name]).split(" && ")
        step = next((step for step in steps if f" -o {PROGRAMS[name]} " in step), None)
        if step is None:
            raise Disagree(f"ninja -t commands {PROGRAMS[name]} shows no link command: the target has another name now")
        replaced = tuple(f"/{path.stem}.cc.o" for path in objects) if keep else ".o"
        args = [arg for arg in shlex.split(step) if not arg.endswith(replaced)]
        target = self.out / name
        at = args.index("-o")
        args[at:at + 2] = [*objects, "-o", target]
        run(*args, cwd=self.folder)
        return target


class RecipeTest(unittest.TestCase):
    """One fixture for all: the copy with the model in it, built."""

    @classmethod
    def setUpClass(cls):
        cls.copy, cls.out = FOLDER / "akin", FOLDER / "out"
        cls.out.mkdir()
        for part in COPIED:
            (cls.copy / part).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, cls.copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, cls.copy / part)
        cls.original = tree(cls.copy)
        build = Build(BUILD, cls.copy, cls.out)
        cls.recipe = Recipe((cls.copy / GUIDE).read_text("utf-8"))
        cls.recipe.follow(cls.copy)
        family = re.escape(os.path.dirname(cls.recipe.code))
        model = build.compile(cls.recipe.code, like=family + r"/\w+(?<!_test)\.cc")
        registered = [build.compile(REGISTRY), model]
        unit = build.compile(cls.recipe.test, like=r"src/akin/models/.*_test\.cc|.*/models_test\.dir/Unity/.*")
        cls.unit_test = build.link("models_test", [unit, model], keep=False)
        cls.contract_test = build.link("contract_test", [build.compile(READER), *registered])
        cls.make_configs = build.link("make_configs", registered)
        cls.akin = build.link("akin", registered)
        cls.build = build

    def run_akin(self, *args):
        return run(self.akin, *args, cwd=self.out)

    def run_json(self, *args):
        return json.loads(self.run_akin(*args, "--json"))

    def test_unit_test(self):
        self.assertRegex(run(self.unit_test), r"(?m)^\[  PASSED  \] [1-9]\d* tests?\.$")

    def test_contract(self):
        test_name = self.recipe.name.replace("-", "_")
        said = run(self.contract_test, f"--gtest_filter=*/{test_name}", env={**os.environ, "TEST_TMPDIR": str(self.out)})
        self.assertRegex(said, r"(?m)^\[  PASSED  \] \d+ tests?\.$")
        for test in ("SaveAndLoadKeepEveryScore", "SameSeedGivesTheSameBits", "ReachesItsQualityFloor"):
            self.assertRegex(said, rf"(?m)^\[       OK \] Models/ModelContract\.{test}/{test_name} ")

    def test_house_rules(self):
        run(sys.executable, "-B", self.copy / "scripts/check_layers.py")

    def test_help(self):
        name = self.recipe.name
        self.assertRegex(self.run_akin("models"), rf"(?m)^{name} ")
        self.assertIn("--min-events", self.run_akin("train", name, "--help"))
        self.assertIn("min_events", self.run_akin("models", name))

    def test_what_tests_ask_of_every_model(self):
        for test in (["help"], ["flow", "FlowTest.test_every_model_goes_the_whole_way", "FlowTest.test_compare"],
                     ["tune", "TuneTest.test_every_model"]):
            with self.subTest(test[0]):
                run(sys.executable, "-B", self.copy / f"tests/e2e/test_{test[0]}.py", *test[1:],
                    env={**os.environ, "AKIN": str(self.akin)})

    def test_program(self):
        name = self.recipe.name
        rows = [(f"u{user}", f"i{(user * 7 + step * step) % 17}", 100 * step + user) for user in range(23) for step in range(5)]
        (self.out / "events.csv").write_text("user,item,time\n" + "".join("%s,%s,%d\n" % row for row in rows))
        self.run_akin("import", "csv", "events.csv", "-o", "events.data", "--quiet")
        newest = sorted({item for _, item, _ in rows}, key=lambda item: -max(time for _, i, time in rows if i == item))
        self.run_akin("train", name, "-d", "events.data", "-o", "all.akin", "--holdout", "none", "--min-events", "1", "--quiet")
        for first in newest[:2]:
            items = self.run_json("recommend", "all.akin", "--history", first, "-k", "5")["items"]
            self.assertEqual([item["item"] for item in items], [item for item in newest if item != first][:5])
        self.run_akin("train", name, "-d", "events.data", "-o", "split.akin", "--quiet")
        self.assertIn("HR", self.run_akin("evaluate", "split.akin"))
        compared = self.run_json("compare", "-d", "events.data", "--models", f"{name},popularity")
        self.assertEqual({row["model"] for row in compared["models"]}, {name, "popularity"})
        (self.out / "more.csv").write_text(f"user,item,time\nnew,{newest[-1]},9000\n")
        self.run_akin("import", "csv", "more.csv", "-o", "more.data", "--quiet")
        self.run_akin("update", "all.akin", "-d", "more.data", "-o", "updated.akin", "--quiet")
        items = self.run_json("recommend", "updated.akin", "--history", newest[0], "-k", "1")["items"]
        self.assertEqual(items[0]["item"], newest[-1])

    def test_typed_config(self):
        include = self.out / "include"
        (include / "akin").mkdir(parents=True)
        run(self.make_configs, include / "akin/configs.h")
        (self.out / "use_config.cc").write_text(USES_CONFIG)
        self.build.compile(self.out / "use_config.cc", like=r"src/akin/catalog/make_configs\.cc", flags=["-I", include])

    def test_without_it_again(self):
        """The last test of all: without the files, the line and the row the tree is what it was, and so is all that it builds."""
        self.recipe.undo(self.copy)
        self.assertEqual(tree(self.copy), self.original)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    with tempfile.TemporaryDirectory(prefix="akin-recipe-") as made:
        FOLDER = pathlib.Path(made).resolve()
        unittest.main()
