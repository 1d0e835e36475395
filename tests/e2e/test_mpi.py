"""akin on several processes started by mpirun: the same model as by one, refusals, faults, checkpoints."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from harness import AKIN, AkinTest, csv_text, tiny_events
from test_resume import tensors

ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_btl_vader_single_copy_mechanism": "none"}
MPIRUN = ["mpirun", "--oversubscribe"]
PEAK = """import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)"""


def ranks_of(launcher):
    """The process ids of the ranks that this mpirun started, in the order of ranks."""
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            rank = re.search(rb"OMPI_COMM_WORLD_RANK=(\d+)", (process / "environ").read_bytes())
        except (OSError, ValueError):  # it has ended meanwhile
            continue
        if parent == launcher.pid and rank:
            found[int(rank[1])] = int(process.name)
    return [found[rank] for rank in sorted(found)]


def runs(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class MpiTest(AkinTest):
    LONG = ["train", "bpr", "-d", "events.data", "-o", "long.akin", "--epochs", "100000", "--log-json"]

    def setUp(self):
        super().setUp()
        self.make_data(rows=tiny_events(users=200, items=400))  # so many items that bpr has work for three ranks

    def mpirun(self, ranks, *args, code=0):
        return self.mpirun_parts([(ranks, self.dir, args)], code)

    def mpirun_parts(self, parts, code):
        """Runs ranks with arguments and folders of their own: (number of ranks, folder, arguments)."""
        command = list(MPIRUN)
        for at, (ranks, folder, args) in enumerate(parts):
            command += [":"] * (at > 0) + ["-n", str(ranks), "-wdir", str(folder), AKIN, *map(str, args)]
        done = subprocess.run(command, cwd=self.dir, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=120, text=True)
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, ranks, *args):
        """mpirun in the background, once the fit has begun, and its ranks."""
        launcher = subprocess.Popen([*MPIRUN, "-n", str(ranks), AKIN, *args], cwd=self.dir, env=ENVIRONMENT,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(launcher.stderr.close)
        self.addCleanup(launcher.wait)
        self.addCleanup(launcher.terminate)  # not kill: that would leave the ranks alone
        launcher.stderr.readline()
        pids = ranks_of(launcher)
        self.assertEqual(len(pids), ranks)
        return launcher, pids

    def assert_refused(self, done, pattern):
        """One line of akin beside what mpirun says itself; nothing on standard output."""
        self.assertEqual(done.stdout, "")
        lines = [line for line in done.stderr.splitlines() if line.startswith("akin: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertRegex(lines[0], pattern)

    def assert_ended(self, launcher, pids):
        """mpirun ends within ten seconds, and no rank is left. Gives what it said."""
        end = time.monotonic() + 10
        said = launcher.communicate(timeout=10)[1].decode()
        while any(map(runs, pids)) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual([pid for pid in pids if runs(pid)], [])
        return said

    def test_same_bits_as_one_process(self):
        for model in ("als", "bpr"):
            train = ["train", model, "-d", "events.data", "--epochs", 4, "--factors", 8, "--quiet"]
            alone = self.run_akin(*train, "-o", "one").out
            for ranks in (1, 2, 3):
                with self.subTest(model=model, ranks=ranks):
                    out = self.mpirun(ranks, *train, "-o", "many").stdout
                    self.assertEqual(tensors(self.dir / "many"), tensors(self.dir / "one"))
                    same = lambda text: re.sub(r" in [\d.]+ m?s,", "", text.replace("many", "one"))
                    self.assertEqual(same(out), same(alone))  # the first rank alone has printed

    def test_each_rank_holds_the_vectors_of_its_users(self):
        users = 60_000
        self.write("many.csv", csv_text(((f"u{u}", f"i{(u * step) % 307}") for u in range(users) for step in (1, 7)), "user,item"))
        self.run_akin("import", "csv", "many.csv", "-o", "many.data", "--quiet")
        all_vectors = users * 256 * 4 / 2**20  # MiB

        def peak(ranks, model, flags):
            """MiB of the rank that needs most."""
            command = [*MPIRUN, "-n", str(ranks), sys.executable, "-c", PEAK, AKIN, "train", model, "-d", "many.data", "-o",
                       f"m{ranks}", "--factors", "256", "--epochs", "1", "--holdout", "none", "--quiet", "--threads", "1",
                       "--checkpoint", f"c{ranks}", *flags]
            done = subprocess.run(command, cwd=self.dir, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=120, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return max(int(mib) for mib in re.findall(r"peak (\d+)", done.stdout))

        for model, flags in (("als", ["--fetch-memory", "2"]), ("bpr", [])):
            with self.subTest(model=model):
                one, three = peak(1, model, flags), peak(3, model, flags)
                self.assertEqual(tensors(self.dir / "m3"), tensors(self.dir / "m1"))
                self.assertEqual(tensors(self.dir / "c3")[1], tensors(self.dir / "c1")[1])
                # One process has them twice, and a copy for the checkpoint.
                self.assertLess(three, one - all_vectors / 2, f"{three} and {one} MiB")

    def test_only_the_first_writes(self):
        for name in ("first", "second"):
            (self.dir / name).mkdir()
            shutil.copy(self.dir / "events.data", self.dir / name)
        train = ["train", "als", "-d", "events.data", "-o", "m", "--checkpoint", "c"]
        self.mpirun_parts([(1, self.dir / name, train) for name in ("first", "second")], 0)
        self.assertIn("first/m", self.files())
        self.assertEqual([name for name in self.files() if name.startswith("second")], ["second/events.data"])

    def test_refusals(self):
        base = ["-d", "events.data", "-o", "m"]
        for args, code, pattern in (
                (["train", "svd", *base], 2, "svd is fitted by one process, and mpirun started 2.* als"),
                (["describe", "events.data"], 2, "describe works in one process: start it without mpirun"),
                (["train", "als", *base, "--factrs", 9], 2, r"unknown flag --factrs \(did you mean --factors\?\)"),
                (["train", "als", "-d", "none.data", "-o", "m"], 1, "none.data")):
            with self.subTest(args=args):
                self.assert_refused(self.mpirun(2, *args, code=code), "akin: error: " + pattern)
        self.assertFalse((self.dir / "m").exists())

    def test_ranks_that_differ(self):
        train = ["train", "als", "-d", "events.data", "-o", "m", "--quiet", "--factors"]
        done = self.mpirun_parts([(1, self.dir, [*train, 8]), (1, self.dir, [*train, 9])], 2)
        self.assert_refused(done, r"the command line differs: '.*--factors 9' at rank 1 on \S+, '.*--factors 8' at rank 0")

    def test_data_files_that_differ(self):
        train = ["train", "als", "-d", "events.data", "-o", "m", "--quiet"]
        (self.dir / "other").mkdir()
        self.write("other/events.csv", csv_text(tiny_events(users=199, items=400)))
        self.run_akin("import", "csv", "other/events.csv", "-o", "other/events.data", "--quiet")
        for command in (train, [*train, "--final"], ["tune", "als", "-d", "events.data", "-o", "t.toml", "--quiet"],
                        ["compare", "-d", "events.data", "--models", "als", "--quiet"]):
            with self.subTest(command=command[0], whole=len(command)):
                done = self.mpirun_parts([(1, self.dir, command), (1, self.dir / "other", command)], 2)
                self.assert_refused(done, r"events\.data: is another file at rank 1 than at rank 0")
        self.assertEqual([name for name in ("m", "t.toml") if (self.dir / name).exists()], [])

    def test_other_files_that_differ(self):
        other = self.dir / "other"
        other.mkdir()
        shutil.copy(self.dir / "events.data", other)
        train = ["train", "als", "-d", "events.data", "-o", "m", "--quiet"]
        for folder, factors in ((self.dir, 8), (other, 9)):
            (folder / "flags.toml").write_text(f"factors = {factors}\n")
            self.run_akin("train", "als", "-d", self.dir / "events.data", "-o", folder / "a.akin", "--factors", "8",
                          "--checkpoint", folder / "c", "--stop-after", factors, "--quiet")
        for name, command in (("flags.toml", [*train, "--config", "flags.toml"]), ("a.akin", ["evaluate", "a.akin"]),
                              ("a.akin", [*train, "--init-items", "a.akin", "--factors", "8"]),
                              ("a.akin", ["recommend", "a.akin", "--all-users", "-o", "lists.csv"]),
                              ("c", [*train, "--factors", "8", "--checkpoint", "c", "--resume"])):
            with self.subTest(command=command):
                done = self.mpirun_parts([(1, self.dir, command), (1, other, command)], 2)
                self.assert_refused(done, rf"error: {name}: is another file at rank 1 than at rank 0")
        self.assertEqual([name for name in ("m", "lists.csv") if (self.dir / name).exists()], [])

    def test_a_killed_rank_ends_all(self):
        launcher, pids = self.start(3, *self.LONG)
        os.kill(pids[1], signal.SIGKILL)
        self.assertRegex(self.assert_ended(launcher, pids), r"rank 1 .*signal 9")
        self.assertEqual(launcher.returncode, 137)
        self.assertFalse((self.dir / "long.akin").exists())

    def test_interrupted_launcher_ends_all(self):
        launcher, pids = self.start(2, *self.LONG)
        launcher.send_signal(signal.SIGINT)
        self.assert_ended(launcher, pids)
        self.assertNotEqual(launcher.returncode, 0)
        self.assertFalse((self.dir / "long.akin").exists())

    def test_killed_and_resumed_with_another_number_of_ranks(self):
        for model in ("als", "bpr", "mf-sgd"):
            with self.subTest(model=model):
                train = ["train", model, "-d", "events.data", "--epochs", "10000", "--factors", "8"]
                keep = ["-o", "m", "--checkpoint", "c", "--resume"]
                launcher, pids = self.start(3, *train, *keep, "--checkpoint-seconds", "0", "--log-json")
                end = time.monotonic() + 30
                while not (self.dir / "c").exists() and time.monotonic() < end:
                    time.sleep(0.005)
                os.kill(pids[2], signal.SIGKILL)
                self.assert_ended(launcher, pids)
                self.assertEqual(launcher.returncode, 137)
                done = int(tensors(self.dir / "c")[0]["epoch"])
                train += ["--stop-after", done + 3]
                said = self.mpirun(2, *train, *keep).stderr
                self.search(rf"resumed after epoch {done}\b", said)
                self.run_akin(*train, "-o", "whole", "--quiet")
                self.assertEqual(tensors(self.dir / "m"), tensors(self.dir / "whole"))
                (self.dir / "c").unlink()


if __name__ == "__main__":
    if not shutil.which("mpirun") or not (pathlib.Path(AKIN).parent / "libakin_mpi.so").exists():
        print("skipped: needs mpirun (openmpi-bin) and libakin_mpi.so beside akin (-DAKIN_MPI=ON)")
        sys.exit(77)
    unittest.main()
