"""A full disk, a limit on the size of files, two writers of one file: what was there stays, whole, or the new file is there, whole."""
import resource
import shutil
import subprocess
import threading
import unittest

from harness import AKIN, ROOT, AkinTest

OLD_NET = ROOT / "tests" / "old_files" / "v0.1" / "nets" / "xor.net"


class SmallFilesTest(AkinTest):
    """The system refuses to write more than LIMIT bytes to a file, as a full disk does."""

    LIMIT = 700

    def run_limited(self, *args):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (self.LIMIT, self.LIMIT))
        # Python ignores SIGXFSZ, and restores it for the program: akin must not count on either.
        done = subprocess.run([AKIN, *map(str, args)], cwd=self.dir, capture_output=True, timeout=300, preexec_fn=limit,
                              restore_signals=True)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        return done

    def assert_keeps_all(self, out, *args):
        """The command fails in one line that names its output, and leaves every file as it was."""
        for there in (False, True):
            with self.subTest(" ".join(map(str, args)), there=there):
                if there:
                    self.write(out, "what was there before")
                before = {name: (self.dir / name).read_bytes() for name in self.files()}
                done = self.run_limited(*args)
                self.assertEqual(done.returncode, 1, done.err)
                self.assertRegex(done.err, r"(?m)^akin: error: [^\n]*" + out.replace(".", r"\.") + r"[^\n]*\n\Z")
                self.assertEqual({name: (self.dir / name).read_bytes() for name in self.files()}, before)
        (self.dir / out).unlink()

    def test_every_kind_of_output(self):
        self.make_bundle("als", "model.akin", "--factors", "8")
        shutil.copy(OLD_NET, self.dir / "xor.net")
        self.assert_keeps_all("x", "import", "csv", "events.csv", "-o", "x", "--quiet")
        self.assert_keeps_all("x", "train", "als", "-d", "events.data", "-o", "x", "--quiet")
        self.assert_keeps_all("x", "describe", "events.data", "--html", "x")
        self.assert_keeps_all("x", "evaluate", "model.akin", "--html", "x")
        self.assert_keeps_all("x", "recommend", "model.akin", "--all-users", "-o", "x")
        for kind in ("csv", "npy", "word2vec", "safetensors"):
            self.assert_keeps_all("x", "export", "model.akin", "--to", kind, "-o", "x")
        self.assert_keeps_all("x.h5", "net", "export", "xor.net", "-o", "x.h5")

    def test_checkpoints(self):
        """A fit whose checkpoint cannot be written fails and says so: who asked for one counts on it."""
        self.make_data()
        before = self.files()
        done = self.run_limited("train", "bpr", "-d", "events.data", "-o", "x", "--checkpoint", "c", "--checkpoint-seconds", "0")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.err, r"akin: error: c: ")
        self.assertEqual(self.files(), before)

    def test_forget_replaces_all_files_or_none(self):
        self.make_bundle("als", "model.akin", "--factors", "64")
        self.run_akin("train", "bpr", "-d", "events.data", "-o", "other.akin", "--checkpoint", "c", "--quiet")
        sizes = [(self.dir / name).stat().st_size for name in ("events.data", "model.akin")]
        self.assertLess(*sizes)
        self.LIMIT = sum(sizes) // 2  # the data set can be written, the bundle cannot
        before = {name: (self.dir / name).read_bytes() for name in self.files()}
        command = ["forget", "u3", "--from", "events.data", "--from", "model.akin", "--from", "c"]
        done = self.run_limited(*command)
        self.assertEqual(done.returncode, 1, done.err)
        self.assertRegex(done.err, r"\Aakin: error: model\.akin: cannot write[^\n]*\n\Z")
        self.assertEqual({name: (self.dir / name).read_bytes() for name in self.files()}, before)
        self.run_akin(*command)
        self.assertNotIn("c", self.files())


class FullDiskTest(AkinTest):
    """A file system of 64 KB that is full; needs the right to mount one."""

    def in_small_disk(self, command):
        script = f'mkdir -p disk && mount -t tmpfs -o size=64k none disk && {command}'
        return subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", AKIN], cwd=self.dir, capture_output=True, text=True,
                              timeout=300)

    def test_full_disk(self):
        if shutil.which("unshare") is None or self.in_small_disk("true").returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.make_bundle("popularity")
        done = self.in_small_disk(
            'cp model.akin disk/m && { dd if=/dev/zero of=disk/fill bs=1k 2>dd.log; true; } && '
            '{ "$1" train als -d events.data -o disk/m --quiet; echo "exit $?"; } && cmp model.akin disk/m && ls -A disk')
        self.assertEqual((done.returncode, done.stdout.split()), (0, ["exit", "1", "fill", "m"]), done.stderr)
        self.assertRegex(done.stderr, r"\Aakin: error: disk/m[^\n]*No space left on device[^\n]*\n\Z")


class TwoWritersTest(AkinTest):
    def test_two_writers_of_one_file(self):
        self.make_data()
        trainers = {"als": ["--factors", "16"], "popularity": []}
        for attempt in range(5):
            processes = [subprocess.Popen([AKIN, "train", model, "-d", "events.data", "-o", "m", "--quiet", *flags], cwd=self.dir,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                         for model, flags in trainers.items() for _ in range(3)]
            errors = [process.communicate(timeout=120)[1] for process in processes]
            self.assertEqual([process.returncode for process in processes], [0] * 6, errors)
            self.assertIn(self.run_json("evaluate", "m")["model"], trainers)
            self.assertEqual(self.files(), ["events.csv", "events.data", "m"])

    def test_a_reader_sees_the_old_or_the_new_file(self):
        self.make_bundle("popularity", "m")
        stop = threading.Event()

        def rewrite():
            while not stop.is_set():
                subprocess.run([AKIN, "train", "popularity", "-d", "events.data", "-o", "m", "--quiet"], cwd=self.dir, check=True,
                               capture_output=True)

        writer = threading.Thread(target=rewrite)
        writer.start()
        try:
            for _ in range(20):
                self.run_akin("recommend", "m", "--user", "u1")
        finally:
            stop.set()
            writer.join()


if __name__ == "__main__":
    unittest.main()
