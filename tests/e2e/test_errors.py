"""What goes wrong is said in one line, with the nearest valid names and the right exit code."""
import os
import subprocess
import unittest

from harness import AKIN, AkinTest


class UsageTest(AkinTest):
    CASES = [
        (["trian"], r"unknown command 'trian' \(did you mean train\?\)"),
        ([""], r"unknown command ''"),
        (["--jsn"], r"unknown flag --jsn"),
        (["describe"], r"DATA is missing; see `akin describe --help`"),
        (["describe", "a", "b"], r"unexpected argument 'b'; see `akin describe --help`"),
        (["describe", "a", "--htlm", "x"], r"unknown flag --htlm \(did you mean --html"),
        (["describe", "a", "--html"], r"--html needs a value"),
        (["describe", "a", "-x"], r"unknown flag -x"),
        (["describe", "a", "--threads", "two"], r"--threads: 'two' is not a whole number from 0 to 1024"),
        (["describe", "a", "--threads", "-1"], r"--threads: '-1' is not a whole number from 0 to 1024"),
        (["describe", "a", "--seed", "99999999999999999999999"], r"--seed: '9+' is not a whole number"),
        (["import"], r"name a format"),
        (["import", "cvs", "x", "-o", "y"], r"no format 'cvs' \(did you mean csv"),
        (["import", "csv", "-o", "y"], r"FILE\.\.\. is missing"),
        (["import", "csv", "x"], r"--out is missing"),
        (["import", "csv", "x", "-o", "y", "--delimeter", ";"], r"unknown flag --delimeter \(did you mean --delimiter"),
        (["import", "csv", "x", "-o", "y", "--repeats", "lst"], r"--repeats: 'lst' is not one of .*did you mean last"),
        (["import", "csv", "x", "-o", "y", "--since", "soon"], r"--since: 'soon' is neither a date"),
        (["import", "csv", "x", "-o", "y", "--kind-weight", "vew=1"], r"'vew' is not one of .*did you mean view"),
        (["import", "csv", "x", "-o", "y", "--kind-weight", "view"], r"'view' is not KIND=WEIGHT"),
        (["import", "csv", "x", "-o", "y", "--kind-weight", "view=-1"], r"'view=-1' is not KIND=WEIGHT"),
        (["import", "csv", "x", "-o", "y", "--min-value", "nan"], r"--min-value: 'nan' is not a number"),
        (["train"], r"name a model"),
        (["train", "-d", "x", "als"], r"name the model before the flags"),
        (["train", "als", "-d", "x", "-o", "y", "--factor", "3"], r"unknown flag --factor \(did you mean --factors"),
        (["train", "als", "-d", "x", "-o", "y", "--factors", "0"], r"factors: 0 is not between 1 and"),
        (["train", "als", "-d", "x", "-o", "y", "--factors", "many"], r"factors: 'many' is not a whole number"),
        (["train", "als", "-d", "x", "-o", "y", "--solver", "cgg"], r"solver: 'cgg' is not one of .*did you mean cg"),
        (["evaluate", "x", "--cutoffs", "5,x"], r"--cutoffs: 'x' is not a whole number"),
        (["evaluate", "x", "--cutoffs", "0"], r"--cutoffs: '0' is not a whole number"),
        (["compare", "-d", "x", "--models", ","], r"--models: name some"),
        (["compare", "-d", "x", "--set", "als.factors"], r"is not MODEL.PARAMETER=VALUE"),
        (["compare", "-d", "x", "--set", "als.factor=3"], r"no parameter 'factor' \(did you mean factors"),
        (["compare", "-d", "x", "--models", "bpr", "--set", "als.factors=3"], r"als is not among --models"),
        (["recommend", "x"], r"say for whom"),
        (["recommend", "x", "--user", "u", "-k", "0"], r"--top: '0' is not a whole number of at least 1"),
        (["recommend", "x", "--user", "u", "--all-users", "-o", "f"], r"choose one"),
        (["recommend", "x", "--serve-lines", "-o", "f"], r"answers on standard output"),
        (["recommend", "x", "--user", "a", "--user", "b", "--history", "c"], r"--history is of one user"),
        (["recommend", "x", "--all-users"], r"--all-users needs -o"),
        (["similar", "x"], r"name one query: --item ID"),
        (["export", "x", "-o", "y", "--to", "np"], r"unknown format 'np' \(did you mean npy"),
        (["export", "x", "-o", "y", "--to", "npy", "--what", "all"], r"'all' is neither items nor users"),
        (["export", "x", "-o", "", "--to", "csv"], r"-o/--out: the name is empty; see `akin export --help`\n\Z"),
        (["export", "x", "-o", "/dev/null", "--to", "npy"], r"/dev/null.ids.json would be written too, beside /dev/null"),
        (["tune", "popularity", "-d", "x", "-o", "/dev/null"], r"/dev/null.trials.jsonl would be written too"),
        (["recommend", "x", "--user", "u", "--exclude", ""], r"--exclude: the name is empty"),
        (["train", "item2vec", "-d", "x", "-o", "y", "--init-items", ""], r"--init-items: the name is empty"),
        (["import", "text", "x", "-o", "y", "--vocabulary", ""], r"--vocabulary: the name is empty"),
        (["synthetic"], r"--out is missing"),
        (["synthetic", "-o", "x", "--user", "3"], r"unknown flag --user \(did you mean --users"),
    ]

    def test_usage_errors(self):
        for args, pattern in self.CASES:
            with self.subTest(" ".join(args)):
                self.assert_error(self.run_akin(*args, code=2), pattern)
        self.assertEqual(self.files(), [])


class NameTest(AkinTest):
    """Names that do not exist, in files that do."""

    def test_unknown_names(self):
        self.make_bundle()
        cases = [
            (["train", "asl", "-d", "events.data", "-o", "x"], r"unknown model 'asl' \(did you mean als"),
            (["models", "prodvec"], r"unknown model 'prodvec' \(did you mean prod2vec"),
            (["recommend", "model.akin", "--user", "u99", "--strict"], r"user.*'u99'.*did you mean"),
            (["recommend", "model.akin", "--history", "i1,i77", "--strict"], r"item.*'i77'.*did you mean"),
            (["similar", "model.akin", "--item", "ii1"], r"item.*'ii1'.*did you mean"),
            (["recommend", "model.akin", "--user", "u1", "--filter", "categry=Home"],
             r"no attribute 'categry' \(did you mean category"),
            (["recommend", "model.akin", "--user", "u1", "--filter", "category=Kettle"],
             r"no item has category 'Kettle' \(did you mean Kettles"),
            (["recommend", "model.akin", "--user", "u1", "--exclude", "none.txt"], r"none.txt: no such file"),
        ]
        for args, pattern in cases:
            with self.subTest(" ".join(args)):
                self.assert_error(self.run_akin(*args, code=1), pattern)
        self.assert_error(self.run_akin("recommend", "model.akin", "--user", "u1", "--filter", "Home", code=2),
                          r"'Home' is not ATTRIBUTE=VALUE")

    def test_what_is_read_is_not_overwritten(self):
        self.make_bundle("als", "model.akin", "--factors", "3")
        self.write("x,y.csv", "user,item\nu,i\n")
        self.write("flags.toml", "threads = 1\n")
        before = {name: (self.dir / name).read_bytes() for name in self.files()}
        for args in (["import", "csv", "events.csv", "-o", "./events.csv"],
                     ["import", "csv", "events.csv", "--items", "items.csv", "-o", "events.csv"],
                     ["import", "csv", "x,y.csv", "-o", "x,y.csv"],
                     ["describe", "events.data", "--html", "events.data"],
                     ["train", "als", "-d", "events.data", "-o", "events.data"],
                     ["train", "als", "-d", "events.data", "--config", "flags.toml", "-o", "flags.toml"],
                     ["evaluate", "model.akin", "--html", "model.akin"],
                     ["recommend", "model.akin", "--all-users", "-o", "model.akin"],
                     ["export", "model.akin", "--to", "csv", "-o", "model.akin"]):
            with self.subTest(args):
                self.assert_error(self.run_akin(*args, code=2), "would write .*, which .* reads; name another file to write")
        self.assertEqual({name: (self.dir / name).read_bytes() for name in self.files()}, before)

    def test_data_sets_and_models_are_not_printed(self):
        self.make_data()
        for args in (["import", "csv", "events.csv", "-o", "-"], ["train", "als", "-d", "events.data", "-o", "-"],
                     ["describe", "events.data", "--html", "-"]):
            with self.subTest(args):
                self.assert_error(self.run_akin(*args, code=2), r"name a file; what the command says would be mixed")

    def test_an_id_with_control_characters_stays_one_line(self):
        self.make_bundle("popularity")
        done = self.run_akin("recommend", "model.akin", "--user", "a\nb\x1b[31m", "--strict", code=1)
        self.assert_error(done, r"a b\\x1b\[31m")
        self.assertNotIn("\x1b", done.err)


class WrongFileTest(AkinTest):
    def test_files_that_are_something_else(self):
        self.make_bundle("popularity")
        self.write("empty", "")
        self.write("binary", bytes(range(256)) * 40)
        (self.dir / "folder").mkdir()
        for command in (["describe"], ["train", "als", "-o", "x", "-d"], ["compare", "-d"]):
            for file in ("empty", "binary", "folder", "missing", "model.akin", "events.csv"):
                with self.subTest(f"{command} {file}"):
                    self.assert_error(self.run_akin(*command, file, code=1), file.replace(".", r"\."))
        for command in (["evaluate"], ["recommend", "--user", "u1"], ["export", "--to", "npy", "-o", "x"]):
            for file in ("empty", "binary", "folder", "missing", "events.data", "events.csv"):
                with self.subTest(f"{command} {file}"):
                    self.assert_error(self.run_akin(*command, file, code=1), file.replace(".", r"\."))
        for file in ("empty", "binary", "folder", "missing"):
            with self.subTest(f"import {file}"):
                self.assert_error(self.run_akin("import", "csv", file, "-o", "x", code=1), file)
        self.assertNotIn("x", self.files())

    def test_swapped_files_are_told_apart(self):
        self.make_bundle("popularity")
        self.assert_error(self.run_akin("describe", "model.akin", code=1), r"model")
        self.assert_error(self.run_akin("evaluate", "events.data", code=1), r"data ?set")

    def test_every_truncation_of_a_bundle(self):
        self.make_bundle("popularity")
        whole = (self.dir / "model.akin").read_bytes()
        for size in (1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1):
            self.write("cut.akin", whole[:size])
            self.assert_error(self.run_akin("evaluate", "cut.akin", code=1), r"cut\.akin")

    def test_nothing_held_out(self):
        self.make_bundle("popularity", "model.akin", "--holdout", "none")
        self.assert_error(self.run_akin("evaluate", "model.akin", code=1), r"nothing was held out.*--holdout last")

    def test_where_nothing_can_be_written(self):
        self.make_data()
        self.assert_error(self.run_akin("train", "popularity", "-d", "events.data", "-o", "no/such/dir", "--quiet", code=1),
                          r"no/such/dir: cannot write: the folder no/such does not exist")


class OutputTest(AkinTest):
    def shell(self, command):
        return subprocess.run(["bash", "-c", command], cwd=self.dir, env={**os.environ, "AKIN": AKIN},
                              capture_output=True, text=True, timeout=60)

    def test_a_reader_that_goes_away(self):
        done = self.shell('set -o pipefail; for i in 1 2 3; do "$AKIN" train als --help | head -1 || exit 9; done')
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_closed_and_full_output(self):
        done = self.shell('"$AKIN" models >&-')
        self.assertEqual(done.returncode, 1)
        self.assertIn("akin: error: standard output", done.stderr)
        done = self.shell('"$AKIN" models >/dev/full')
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_all_streams_closed_writes_no_garbage(self):
        self.make_data()
        self.shell('"$AKIN" train popularity -d events.data -o a.akin <&- >&- 2>&-')
        self.run_akin("train", "popularity", "-d", "events.data", "-o", "b.akin", "--quiet")
        first, second = (self.run_json("evaluate", name) for name in ("a.akin", "b.akin"))
        for result in (first, second):
            result["evaluation"].pop("seconds")
        self.assertEqual(first, second)


if __name__ == "__main__":
    unittest.main()
