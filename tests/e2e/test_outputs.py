"""What commands write and delete: devices, pipes, links, modes, paths that are also read, folders, ids on the terminal."""
import json
import os
import pathlib
import re
import resource
import signal
import stat
import subprocess
import threading
import time
import unittest

from harness import AKIN, AkinTest, tiny_events

NETS = (pathlib.Path(AKIN).parent / "libakin_nn_torch.so").exists()  # the library of nets was built

# Nothing here may drive a terminal.
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")


class OutputTest(AkinTest):
    def snapshot(self):
        return {name: (self.dir / name).read_bytes() for name in self.files()}

    def refused(self, *args, names):
        """Exit code 2, both flags named, and no file changed or made."""
        before = self.snapshot()
        with self.subTest(" ".join(map(str, args))):
            done = self.run_akin(*args, code=2)
            for name in names:
                self.assert_error(done, re.escape(name))
            self.assertEqual(self.snapshot(), before)

    def mode(self, name):
        return stat.S_IMODE(os.stat(self.dir / name).st_mode)


class WhereOutputGoes(OutputTest):
    def device(self, name, minor):
        """A node of a device in this test's folder: the real one must not be at risk."""
        try:
            os.mknod(self.dir / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
            with open(self.dir / name, "wb"):
                return name
        except OSError:
            self.skipTest("device nodes cannot be made here")

    def writers(self):
        """Commands that write, each up to the name of the file."""
        self.make_data("new.data", [("new", f"i{i}", 3, 1_500_000_000 + i, "t", "c") for i in range(3)])
        self.make_bundle("als", "model.akin", "--factors", "3")
        return [["import", "csv", "events.csv", "-o"],
                ["train", "als", "-d", "events.data", "--factors", "3", "-o"],
                ["train", "als", "-d", "events.data", "--factors", "3", "-o", "other.akin", "--checkpoint"],
                ["update", "model.akin", "-d", "new.data", "-o"],
                ["describe", "events.data", "--html"],
                ["evaluate", "model.akin", "--html"],
                ["recommend", "model.akin", "--all-users", "-o"],
                ["export", "model.akin", "--to", "csv", "-o"],
                ["export", "model.akin", "--to", "safetensors", "-o"],
                ["tune", "popularity", "-d", "events.data", "--trials", "1", "--trials-file", "t.jsonl", "-o"],
                ["tune", "popularity", "-d", "events.data", "--trials", "1", "-o", "best.toml", "--trials-file"]]

    def test_a_device_stays_a_device(self):
        null, full = self.device("null", 3), self.device("full", 7)
        for args in self.writers():
            with self.subTest(" ".join(args)):
                self.run_akin(*args, null, "--quiet")
                self.assertTrue(stat.S_ISCHR(os.lstat(self.dir / null).st_mode))
                self.assert_error(self.run_akin(*args, full, "--quiet", code=1), "full: cannot write: No space left")
                self.assertTrue(stat.S_ISCHR(os.lstat(self.dir / full).st_mode))

    def test_links_stay_and_their_targets_are_written(self):
        (self.dir / "far").mkdir()
        for number, args in enumerate(self.writers()):
            with self.subTest(" ".join(args)):
                link, target = f"link{number}", f"far/target{number}"
                os.symlink(target, self.dir / link)  # leads nowhere at first
                for _ in range(2):
                    self.run_akin(*args, link, "--quiet")
                    self.assertTrue(os.path.islink(self.dir / link))
                    self.assertTrue((self.dir / target).is_file() and not (self.dir / target).is_symlink())
        os.symlink("b", self.dir / "a")
        os.symlink("a", self.dir / "b")
        for args in self.writers():
            with self.subTest("loop: " + " ".join(args)):
                self.assert_error(self.run_akin(*args, "a", code=1), "a: cannot write: its symbolic links form a loop")

    def test_modes_are_kept(self):
        for number, args in enumerate(self.writers()):
            with self.subTest(" ".join(args)):
                name = f"out{number}"
                self.run_akin(*args, name, "--quiet")
                umask = os.umask(0)
                os.umask(umask)
                self.assertEqual(self.mode(name), 0o666 & ~umask)
                for mode in (0o600, 0o660):
                    os.chmod(self.dir / name, mode)
                    self.run_akin(*args, name, "--quiet")
                    self.assertEqual(self.mode(name), mode)

    def test_pipes_are_written_through(self):
        self.make_bundle("als", "model.akin", "--factors", "3")
        self.run_akin("export", "model.akin", "--to", "csv", "-o", "file.csv")
        os.mkfifo(self.dir / "pipe")
        got = []
        reader = threading.Thread(target=lambda: got.append((self.dir / "pipe").read_bytes()))
        reader.start()
        self.run_akin("export", "model.akin", "--to", "csv", "-o", "pipe", "--quiet")
        reader.join(30)
        self.assertEqual(got, [(self.dir / "file.csv").read_bytes()])
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.dir / "pipe").st_mode))

    def test_standard_output_by_its_other_names(self):
        self.make_bundle("als", "model.akin", "--factors", "3")
        plain = self.run_akin("export", "model.akin", "--to", "csv", "-o", "-").stdout
        for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            self.assertEqual(self.run_akin("export", "model.akin", "--to", "csv", "-o", name).stdout, plain)
        with open(self.dir / "log", "ab") as log:  # >> keeps what is there
            log.write(b"before\n")
            log.flush()
            subprocess.run([AKIN, "export", "model.akin", "--to", "csv", "-o", "/dev/stdout"], cwd=self.dir, stdout=log,
                           check=True)
        self.assertEqual((self.dir / "log").read_bytes(), b"before\n" + plain)
        self.assert_error(self.run_akin("train", "als", "-d", "events.data", "-o", "/dev/stdout", code=2), "name a file")

    @unittest.skipUnless(NETS, "the library of nets was not built")
    def test_h5_is_written_as_all_files(self):
        self.write("x.csv", "x1,x2,y\n" + "0,0,0\n0,1,1\n1,0,1\n1,1,0\n" * 2)
        self.write("xor.toml", XOR)
        self.run_akin("net", "train", "xor.toml", "--data", "x.csv", "-o", "xor.net", "--quiet")
        self.write("w.h5.tmp", "mine")
        os.symlink("target.h5", self.dir / "link.h5")
        os.symlink("w.h5.tmp", self.dir / "w2.h5.tmp")
        for name in ("w.h5", "w2.h5", "link.h5"):
            self.run_akin("net", "export", "xor.net", "-o", name)
        self.assertEqual((self.dir / "w.h5.tmp").read_bytes(), b"mine")
        self.assertTrue(os.path.islink(self.dir / "link.h5"))
        self.assertEqual((self.dir / "target.h5").read_bytes()[:8], b"\x89HDF\r\n\x1a\n")
        os.chmod(self.dir / "w.h5", 0o600)
        self.run_akin("net", "export", "xor.net", "-o", "w.h5")
        self.assertEqual(self.mode("w.h5"), 0o600)
        self.run_akin("net", "train", "xor.toml", "--data", "x.csv", "-o", "again.net", "--init", "link.h5", "--quiet")
        self.assertEqual([n for n in self.files() if "akin-tmp" in n], [])
        null = self.device("null", 3)
        self.run_akin("net", "export", "xor.net", "-o", null)
        self.assertTrue(stat.S_ISCHR(os.lstat(self.dir / null).st_mode))

    def test_what_a_kill_left_is_deleted_at_the_next_write(self):
        # The list of many users is being written when the process is killed.
        self.make_data("big.data", [(f"u{u}", f"i{i % 300}", 1, 1, "t", "c") for u in range(3000) for i in range(u, u + 9)])
        self.run_akin("train", "popularity", "-d", "big.data", "-o", "big.akin", "--quiet")
        left = []
        for _ in range(40):
            process = subprocess.Popen([AKIN, "recommend", "big.akin", "--all-users", "-k", "200", "-o", "lists.tsv"],
                                       cwd=self.dir, stderr=subprocess.DEVNULL)
            for _ in range(2000):
                left = [n for n in os.listdir(self.dir) if n.startswith("lists.tsv.akin-tmp")]
                if left or process.poll() is not None:
                    break
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            process.wait()
            left = [n for n in os.listdir(self.dir) if n.startswith("lists.tsv.akin-tmp")]
            if left:
                break
        self.assertNotEqual(left, [], "never killed in time")
        mine = ["lists.tsv.tmp1", "lists.tsv.akin-tmp", "lists.tsv.akin-tmp1-0", "lists.tsv.bak"]
        for name in mine:
            self.write(name, "mine")
        self.run_akin("recommend", "big.akin", "--all-users", "-k", "1", "-o", "lists.tsv", "--quiet")
        self.assertEqual(sorted(n for n in os.listdir(self.dir) if n.startswith("lists.tsv")), sorted(mine + ["lists.tsv"]))


XOR = """
[[layers]]
kind = "input"
name = "bits"
shape = [2]
[[layers]]
kind = "dense"
units = 1
activation = "sigmoid"
[train]
optimizer = "sgd"
loss = "mse"
[data]
kind = "csv"
inputs = ["x1", "x2"]
target = "y"
"""


class PathsThatAreReadToo(OutputTest):
    def test_the_examples_of_the_fault_list(self):
        self.make_bundle("als", "model.akin", "--factors", "3")
        self.run_akin("export", "model.akin", "--to", "safetensors", "-o", "v")
        self.write("x.csv", "x1,x2,y\n0,0,0\n0,1,1\n")
        self.write("n.toml", XOR)
        (self.dir / "d2.data").write_bytes((self.dir / "events.data").read_bytes())
        os.link(self.dir / "model.akin", self.dir / "X.ids.json")
        train = ["train", "als", "-d", "d2.data", "--factors", "3"]
        self.refused(*train, "-o", "x", "--checkpoint", "d2.data", names=["--checkpoint", "--data"])
        self.refused(*train, "-o", "x", "--checkpoint", "x", names=["--checkpoint", "--out"])
        self.refused(*train, "-o", "x", "--init-items", "v", "--checkpoint", "v", names=["--checkpoint", "--init-items"])
        self.refused(*train, "-o", "v.ids.json", "--init-items", "v", names=["--out", "--init-items"])
        self.refused("net", "train", "n.toml", "--data", "x.csv", "-o", "y", "--checkpoint", "x.csv",
                     names=["--checkpoint", "--data"])
        self.refused("net", "train", "n.toml", "--data", "x.csv", "-o", "n.toml", names=["--out", "FILE"])
        self.refused("net", "train", "n.toml", "--data", "x.csv", "-o", "at-3.net", "--checkpoint", "at-{}.net",
                     names=["--checkpoint", "--out"])
        self.refused("export", "model.akin", "--to", "npy", "-o", "X", names=["--out", "BUNDLE"])
        self.refused("export", "X.ids.json", "--to", "npy", "-o", "X", names=["--out", "BUNDLE"])
        tune = ["tune", "als", "-d", "events.data", "--trials", "1"]
        self.refused(*tune, "-o", "z", "--html", "z", names=["--html", "--out"])
        self.refused(*tune, "-o", "z", "--html", "z.trials.jsonl", names=["--html", "--out"])
        self.refused(*tune, "-o", "z", "--trials-file", "events.data", names=["--trials-file", "--data"])
        self.refused(*tune, "-o", "t.states/z", "--trials-file", "t", "--search", "halving",
                     names=["--trials-file", "--out"])
        (self.dir / "z.trials.jsonl.states").mkdir()
        os.link(self.dir / "events.data", self.dir / "z.trials.jsonl.states" / "events.data")
        self.refused("tune", "als", "-d", "z.trials.jsonl.states/events.data", "-o", "z", "--search", "halving",
                     names=["--data", "--out"])

    def test_links_to_what_is_read(self):
        self.make_bundle("als", "model.akin", "--factors", "3")
        os.symlink("events.data", self.dir / "soft")
        os.link(self.dir / "events.data", self.dir / "hard")
        for name in ("soft", "hard", "./events.data", str(self.dir / "events.data")):
            self.refused("train", "als", "-d", "events.data", "-o", name, names=["--out", "--data"])
            self.refused("describe", "events.data", "--html", name, names=["--html", "DATA"])

    def test_files_that_belong_to_an_import(self):
        self.write("ml/u.data", "1\t2\t3\t4\n2\t2\t3\t5\n1\t3\t4\t6\n")
        self.write("ml/u.item", "2|Film|1995||u|0|1\n")
        self.write("p.train.rating", "0\t1\t1\t1\n1\t2\t1\t1\n")
        self.write("p.test.rating", "0\t2\t1\t2\n")
        self.write("a.inter", "user_id:token\titem_id:token\n1\t2\n")
        self.write("a.item", "item_id:token\ttitle:token\n2\tx\n")
        self.write("t.txt", "a b a b\n")
        for source in ("ml", "ml/u.data"):
            self.refused("import", "movielens", source, "-o", "ml/u.item", names=["--out", "FILE"])
            self.refused("import", "movielens", source, "-o", "ml/u.data", names=["--out", "FILE"])
        self.refused("import", "ncf", "p", "-o", "p.test.rating", names=["--out", "FILE"])
        self.refused("import", "atomic", "a", "-o", "a.item", names=["--out", "FILE"])
        self.refused("import", "text", "t.txt", "-o", "t.data", "--write-phrases", "t.txt", names=["--write-phrases", "FILE"])
        self.refused("import", "text", "t.txt", "-o", "t.data", "--write-vocabulary", "t.data",
                     names=["--write-vocabulary", "--out"])
        self.refused("import", "text", "t.txt", "-o", "t.data", "--vocabulary", "a.item", "--write-vocabulary", "a.item",
                     names=["--write-vocabulary", "--vocabulary"])
        self.run_akin("import", "movielens", "ml", "-o", "ml/events.data", "--quiet")
        self.run_akin("import", "movielens", "ml", "-o", "ml/events.data", "--quiet")  # its own output

    def test_folders(self):
        self.write("d/c.toml", "quiet = true\n")
        self.write("file", "x")
        self.refused("demo", "-o", "d", "--config", "d/c.toml", names=["--out", "--config"])
        self.refused("synthetic", "-o", "d", "--config", "d/c.toml", names=["--out", "--config"])
        self.refused("synthetic", "-o", "d/c.toml", "--config", "d/c.toml", names=["--out", "--config"])

    @unittest.skipUnless(NETS, "the library of nets was not built")
    def test_a_net_goes_on_in_place(self):
        self.write("x.csv", "x1,x2,y\n" + "0,0,0\n0,1,1\n1,0,1\n1,1,0\n" * 2)
        self.write("xor.toml", XOR)
        self.run_akin("net", "train", "xor.toml", "--data", "x.csv", "-o", "xor.net", "--quiet")
        first = (self.dir / "xor.net").read_bytes()
        self.run_akin("net", "train", "xor.net", "--data", "x.csv", "-o", "xor.net", "--epochs", "4", "--quiet")
        self.assertNotEqual((self.dir / "xor.net").read_bytes(), first)
        self.run_akin("net", "train", "xor.net", "--data", "x.csv", "-o", "end.net", "--checkpoint", "xor.net", "--quiet")
        self.run_akin("net", "train", "xor.net", "--data", "x.csv", "-o", "end.net", "--checkpoint", "at-{}.net",
                      "--epochs", "2", "--quiet")
        self.assertEqual([n for n in self.files() if n.startswith("at-")], ["at-7.net", "at-8.net"])
        self.refused("net", "train", "xor.net", "--data", "x.csv", "-o", "x.csv", names=["--out", "--data"])
        self.refused("net", "train", "xor.toml", "--data", "x.csv", "-o", "y.net", "--init", "xor.net", "--checkpoint",
                     "xor.net", names=["--checkpoint", "--init"])

    def test_a_checkpoint_is_read_and_written(self):
        self.make_data()
        train = ["train", "als", "-d", "events.data", "-o", "m.akin", "--factors", "3", "--checkpoint", "c", "--quiet"]
        self.run_akin(*train, "--stop-after", "2")
        self.run_akin(*train, "--resume")

    def test_nothing_is_read_where_nothing_can_be_written(self):
        self.assert_error(self.run_akin("train", "als", "-d", "missing", "-o", "no/dir/m", code=1), "no/dir does not exist")


class FoldersOfUsers(OutputTest):
    SMALL = ["--users", "30", "--items", "20", "--events", "300"]

    def test_synthetic_keeps_what_it_did_not_make(self):
        self.run_akin("synthetic", "-o", "s", *self.SMALL, "--quiet")
        first = [n for n in self.files() if n.startswith("s/images/")]
        self.assertEqual(len(first), 20)
        self.write("s/images/mine.jpg", "mine")
        self.write("s/notes.txt", "mine")
        self.run_akin("synthetic", "-o", "s", "--users", "30", "--items", "11", "--events", "200", "--quiet",
                      "--session-share", "0")
        self.assertEqual(len([n for n in self.files() if n.startswith("s/images/")]), 12)
        self.assertEqual((self.dir / "s/images/mine.jpg").read_bytes(), b"mine")
        self.assertEqual((self.dir / "s/notes.txt").read_bytes(), b"mine")
        self.assertNotIn("s/sessions.tsv", self.files())
        # A file of the user's has the name of one that would be made.
        os.remove(self.dir / "s/users.csv")
        self.run_akin("synthetic", "-o", "s", *self.SMALL, "--quiet")
        self.write("t/mine", "mine")
        self.refused("synthetic", "-o", "t", *self.SMALL, names=["t: holds files that akin synthetic did not write"])
        self.refused("synthetic", "-o", "s/notes.txt", *self.SMALL, names=["notes.txt: is a file, not a folder"])

    def test_synthetic_takes_no_name_of_a_file_that_is_there(self):
        self.run_akin("synthetic", "-o", "s", *self.SMALL, "--no-images", "--quiet")
        name = json.loads((self.dir / "s/meta.json").read_text().splitlines()[0])["asin"]
        self.write(f"s/images/{name}.jpg", "mine")
        self.refused("synthetic", "-o", "s", *self.SMALL, "--quiet", names=[f"{name}.jpg: was not made by akin synthetic"])

    def test_demo_keeps_what_it_did_not_make(self):
        small = ["--users", "30", "--items", "20", "--events", "300", "--quiet"]
        self.write("mine/report.html", "mine")
        self.refused("demo", "-o", "mine", *small, names=["mine: holds files that akin demo did not write"])
        self.refused("demo", "-o", "mine/report.html", *small, names=["is a file, not a folder"])
        self.run_akin("demo", "-o", "d", *small)
        self.write("d/notes.txt", "mine")
        report = (self.dir / "d/report.html").read_bytes()
        os.remove(self.dir / "d/best.akin")
        self.run_akin("demo", "-o", "d", *small, "--seed", "7")
        self.assertEqual((self.dir / "d/notes.txt").read_bytes(), b"mine")
        self.assertNotEqual((self.dir / "d/report.html").read_bytes(), report)
        self.assertIn("d/best.akin", self.files())

    def test_tune_keeps_what_it_did_not_make(self):
        self.make_data()
        tune = ["tune", "als", "-d", "events.data", "--search", "halving", "--trials", "3", "--set", "epochs=4", "-o",
                "best.toml", "--quiet"]
        self.write("best.toml.trials.jsonl.states/mine", "mine")
        self.refused(*tune, names=["best.toml.trials.jsonl.states: holds files that akin tune did not write"])
        self.run_akin(*tune, "--trials-file", "t")
        self.assertNotIn("t.states", os.listdir(self.dir))
        # The user puts a file into the folder of a search that was killed.
        os.remove(self.dir / "t")
        (self.dir / "t.states").mkdir()
        self.write("t.states/.akin-made", "Files that this program wrote and may replace or delete: akin tune\n0\n")
        self.write("t.states/0", "half")
        self.write("t.states/mine", "mine")
        self.run_akin(*tune, "--trials-file", "t")
        self.assertEqual([n for n in self.files() if n.startswith("t.states/")], ["t.states/mine"])


class IdsAndTerminals(OutputTest):
    IDS = {"u0": "u\x1b[31m\x07", "i0": "i\x1b]0;t\x07", "i1": "i\x9b1m\u202eevil\u2066", "i2": "i\x7f\x08\x9d"}

    def test_ids_do_not_drive_the_terminal(self):
        rows = [(self.IDS.get(r[0], r[0]), self.IDS.get(r[1], r[1]), *r[2:4], r[4] + "\x1b[2J\u202e", r[5] + "\x07")
                for r in tiny_events()]
        self.make_data("events.data", rows)
        user, item = self.IDS["u0"], self.IDS["i0"]
        shown = [self.run_akin("describe", "events.data"),
                 self.run_akin("train", "item-knn", "-d", "events.data", "-o", "knn.akin"),
                 self.run_akin("train", "als", "-d", "events.data", "-o", "als.akin", "--factors", "3"),
                 self.run_akin("recommend", "als.akin", "--user", user),
                 self.run_akin("recommend", "als.akin", "--user", "u\x1b[31m"),
                 self.run_akin("recommend", "als.akin", "--user", "u\x1b[31m", "--strict", code=1),
                 self.run_akin("similar", "als.akin", "--item", item),
                 self.run_akin("similar", "als.akin", "--plus", item, "--minus", self.IDS["i1"]),
                 self.run_akin("similar", "als.akin", "--item", self.IDS["i1"] + "x", code=1),
                 self.run_akin("explain", "knn.akin", "--user", user),
                 self.run_akin("recommend", "als.akin", "--user", "u1", "--filter", "category=\x1b[1m", code=1),
                 self.run_akin("export", "als.akin", "--to", "word2vec", "-o", "no\x1b/dir", code=1),
                 self.run_akin("nothing\x1b[5m", code=2)]
        for done in shown:
            with self.subTest(done.args):
                self.assertIsNone(CONTROL.search(done.stdout + done.stderr), done.stdout + done.stderr)
        # What is printed to be typed names the same user.
        line = self.search(r"akin (recommend als.akin --user \$'[^\n]+)\n", shown[2].out).group(1)
        done = subprocess.run(["bash", "-c", f'"$AKIN" {line} --json'], cwd=self.dir, env={**os.environ, "AKIN": AKIN},
                              capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)["user"], user)
        # JSON has the ids as they are, lists have them escaped, so that they may be shown.
        self.run_akin("recommend", "als.akin", "--all-users", "-o", "lists.tsv", "--quiet")
        self.assertIn(item.encode("unicode_escape").replace(b"\\\\", b"\\"), (self.dir / "lists.tsv").read_bytes())
        self.assertEqual(self.run_akin("recommend", "als.akin", "--all-users", "-o", "-", "--quiet").stdout,
                         (self.dir / "lists.tsv").read_bytes())


class Threads(OutputTest):
    def test_absurd_numbers_are_refused(self):
        self.make_data()
        for number in ("2147483647", "1025", "-1", "4294967296"):
            self.assert_error(self.run_akin("train", "als", "-d", "events.data", "-o", "x", f"--threads={number}", code=2),
                              "--threads: '.*' is not a whole number from 0 to 1024")
        self.assert_error(self.run_akin("tune", "als", "-d", "events.data", "-o", "x", "--parallel", "2147483647", code=2),
                          "--parallel: .* from 1 to 1024")
        self.run_akin("train", "als", "-d", "events.data", "-o", "x", "--threads", "64", "--quiet")

    def test_threads_that_cannot_be_started(self):
        if re.search("/[at]san/", AKIN):
            self.skipTest("sanitizers need the address space")
        self.make_data("big.data", [(f"u{u}", f"i{(u * 7 + s) % 900}", 1, s, "t", "c") for u in range(3000) for s in range(9)])
        limit = 3 << 30
        done = subprocess.run([AKIN, "train", "als", "-d", "big.data", "-o", "x", "--threads", "1024"], cwd=self.dir,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"akin: error: the system cannot start another thread: .*--threads")


if __name__ == "__main__":
    unittest.main()
