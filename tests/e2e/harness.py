"""Running akin from tests. The program is $AKIN, else build/dev/akin."""
import atexit
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
AKIN = str(pathlib.Path(os.environ.get("AKIN", ROOT / "build" / "dev" / "akin")).resolve())


def tiny_events(users=30, items=20):
    """Two groups of users; each likes the items of its own parity. Rows (user, item, rating, time, title, category)."""
    rows = []
    for user in range(users):
        for step in range(8):
            item = (user % 2 + 2 * ((user // 2 + step * (1 + user % 3)) % (items // 2))) % items
            category = "Home|Kettles" if item % 2 == 0 else "Garden|Tools"
            rows.append((f"u{user}", f"i{item}", 3 + (user + item + step) % 3, 1_400_000_000 + 1000 * step + user,
                         f"Thing {item}, the {'even' if item % 2 == 0 else 'odd'}", category))
    return rows


def csv_text(rows, header="user,item,value,time,title,category"):
    quoted = lambda field: f'"{field}"' if "," in str(field) else str(field)
    return header + "\n" + "".join(",".join(map(quoted, row)) + "\n" for row in rows)


class AkinTest(unittest.TestCase):
    """Each test has a directory of its own, self.dir, and runs akin in it."""

    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="akin-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def run_akin(self, *args, code=0, stdin=None):
        """Runs akin, checks the exit code, and gives the finished process; stdin is text."""
        done = subprocess.run([AKIN, *map(str, args)], cwd=self.dir, capture_output=True, timeout=300,
                              input=None if stdin is None else stdin.encode(), text=False)
        done.out = done.stdout.decode("utf-8", "replace")
        done.err = done.stderr.decode("utf-8", "replace")
        self.assertEqual(done.returncode, code, f"akin {' '.join(map(str, args))}\n{done.out}\n{done.err}")
        return done

    def run_json(self, *args, **kwargs):
        return json.loads(self.run_akin(*args, "--json", **kwargs).out)

    def assert_error(self, done, pattern):
        """Standard error is exactly one line `akin: error: ...` that matches; nothing on standard output."""
        self.assertEqual(done.out, "")
        self.assertRegex(done.err, r"\Aakin: error: [^\n]+\n\Z")
        self.assertRegex(done.err, pattern)

    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def make_data(self, name="events.data", rows=None):
        self.write("events.csv", csv_text(rows or tiny_events()))
        self.run_akin("import", "csv", "events.csv", "-o", name, "--quiet")
        return name

    def make_bundle(self, model="als", name="model.akin", *flags):
        self.make_data()
        self.run_akin("train", model, "-d", "events.data", "-o", name, "--quiet", *flags)
        return name

    def files(self):
        return sorted(str(p.relative_to(self.dir)) for p in self.dir.rglob("*") if p.is_file())

    def search(self, pattern, text):
        found = re.search(pattern, text)
        self.assertIsNotNone(found, f"{pattern!r} not in\n{text}")
        return found


def models(with_reviews=False):
    """As akin lists them; those that learn from reviews only if asked for, since most data here have none. content-image,
    which needs pictures, is in test_image.py."""
    listed = subprocess.run([AKIN, "models", "--json"], capture_output=True, check=True)
    return [model for model in json.loads(listed.stdout)
            if model["name"] != "content-image" and (with_reviews or not model["uses_reviews"])]


@functools.cache
def tiny_encoder():
    """The file of a transformer with random weights."""
    folder = tempfile.TemporaryDirectory(prefix="akin-e2e-")
    atexit.register(folder.cleanup)
    path = os.path.join(folder.name, "tiny.enc")
    subprocess.run([AKIN, "encoder", "import", ROOT / "tests/reference/bert/mean", "-o", path, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return path


def needed_file(model):
    """The parameter `file` of models that cannot do without, by name."""
    return {"file": tiny_encoder()} if model["name"] == "content-pretrained" else {}


def needed_flags(model):
    return [word for name, value in needed_file(model).items() for word in ("--" + name, value)]


if __name__ == "__main__":
    raise SystemExit("run the test_*.py files, or ctest -R e2e")
