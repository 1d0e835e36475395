"""Files of earlier versions load and give the answers that those versions gave (tests/old_files, written by its make.py)."""
import json
import math
import pathlib
import shutil
import struct
import unittest

from harness import AKIN, ROOT, AkinTest

VERSIONS = sorted((ROOT / "tests" / "old_files").glob("v*"))
BUILT = (pathlib.Path(AKIN).parent / "libakin_nn_torch.so").exists()
NOT_COMPARED = {"seconds", "protocol", "params"}  # how long it took, a sentence, and names that have changed since


def ids(entries):
    return [entry.get("item_hex", entry["item"]) for entry in entries]


def questions():
    """Every recorded answer, with the folder of its version."""
    for folder in VERSIONS:
        for question in json.loads((folder / "answers.json").read_text("utf-8")):
            yield folder, question


def items_of(bundle, user):
    """Ids of the items of a user's events in a bundle: those that are not held out, and those that are."""
    content = bundle.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])

    def tensor(name, code):
        begin, end = header[name]["data_offsets"]
        return struct.unpack(f"<{(end - begin) // struct.calcsize(code)}{code}", content[8 + size + begin:8 + size + end])

    def names(of):
        text, offsets = bytes(tensor(f"{of}.bytes", "B")), tensor(f"{of}.offsets", "Q")
        return [text[begin:end] for begin, end in zip(offsets, offsets[1:])]

    items, asker = names("items"), names("users").index(user.encode("utf-8", "surrogateescape"))
    return [{items[item] for user, item in zip(tensor(f"{part}.user", "I"), tensor(f"{part}.item", "I")) if user == asker}
            for part in ("events", "test")]


class OldFilesTest(AkinTest):
    def assert_close(self, new, old, tolerance, where):
        self.assertTrue(math.isclose(new, old, rel_tol=tolerance, abs_tol=tolerance / 100), f"{where}: was {old}, is {new}")

    def assert_list(self, new, old, tolerance, where):
        """Scores one by one, and the order. Where a machine rounds otherwise, items of nearly one score may swap places."""
        self.assertEqual(len(new), len(old), where)
        new_scores, old_scores = ([entry["score"] for entry in entries] for entries in (new, old))
        for rank, (now, before) in enumerate(zip(new_scores, old_scores), 1):
            self.assert_close(now, before, tolerance, f"{where}, score of rank {rank}")
        if ids(new) != ids(old):
            self.assertNotEqual(new_scores, old_scores, f"{where}: was {ids(old)}, is {ids(new)}")
            before = dict(zip(ids(old), old_scores))
            for item, score in zip(ids(new), new_scores):
                self.assert_close(score, before.get(item, old_scores[-1]), 2 * tolerance, f"{where}, score of {item}")
        titles = {entry["item"]: entry.get("title") for entry in old}
        for entry in new:
            self.assertEqual(entry.get("title"), titles.get(entry["item"], entry.get("title")), where)

    def assert_like(self, new, old, tolerance, where):
        """All that the old answer says, the new one says too: counts and words the same, other numbers nearly."""
        if isinstance(old, dict):
            for key in old.keys() - NOT_COMPARED:
                self.assertIn(key, new, where)
                self.assert_like(new[key], old[key], tolerance, f"{where}, {key}")
        elif isinstance(old, list) and old and isinstance(old[0], dict) and "score" in old[0]:
            self.assert_list(new, old, tolerance, where)
        elif isinstance(old, list):
            self.assertEqual(len(new), len(old), where)
            for position, (now, before) in enumerate(zip(new, old)):
                self.assert_like(now, before, tolerance, f"{where}[{position}]")
        elif isinstance(old, float):
            self.assert_close(new, old, tolerance, where)
        else:
            self.assertEqual(new, old, where)

    def ask(self, folder, question, tolerance, file=None):
        data = ["-d", folder / question["data"]] if question["data"] else []
        path = self.dir / file if file else folder / question["file"]
        if question["command"] == "recommend":
            answer = self.recommended(path, question["flags"])
        else:
            answer = self.run_json(*question["command"].split(), path, *data, *question["flags"])
        old = question["answer"]
        if answer.get("positions"):  # which earlier versions showed as times of 1970
            old = {key: value for key, value in old.items() if key not in ("first_time", "last_time", "events_by_month")}
        asked = " ".join([question["command"], file or question["file"], *question["flags"]])
        where = asked.encode("utf-8", "replace").decode().strip()
        self.assert_like(answer, old, tolerance, where)

    def recommended(self, bundle, flags):
        """The answer as before held-out items were masked: of all items the first that the user is not known to have."""
        flags = [str(flag) for flag in flags]
        if "--user" not in flags:
            return self.run_json("recommend", bundle, *flags)
        k, user = int(flags[flags.index("-k") + 1]), flags[flags.index("--user") + 1]
        answer = self.run_json("recommend", bundle, *flags, "-k", "999", "--include-seen")
        known, held_out = items_of(bundle, user)
        before = [entry for entry in answer["items"]
                  if bytes.fromhex(entry.get("item_hex", entry["item"].encode().hex())) not in known]
        masked = ids(self.run_json("recommend", bundle, *flags, "-k", "999")["items"])
        self.assertEqual(masked, [item for item in ids(before) if item in masked])
        self.assertEqual(len(before) - len(masked), len(held_out - known))
        return {**answer, "items": before[:k]}

    def each(self, check, *commands):
        """Calls check(folder, question) for the questions of these commands, each as a subtest."""
        found = [(folder, question) for folder, question in questions() if question["command"] in commands]
        self.assertTrue(found)
        for folder, question in found:
            with self.subTest(version=folder.name, file=question["file"], command=question["command"]):
                check(folder, question)

    def test_no_file_without_a_question(self):
        asked = {folder / question["file"] for folder, question in questions()}
        files = {path for folder in VERSIONS for part in ("data", "bundles", "checkpoints", "nets")
                 for path in (folder / part).iterdir()}
        self.assertEqual(asked, files)

    def test_data_sets(self):
        def check(folder, question):
            self.ask(folder, question, 1e-4)
            self.run_akin("train", "als", "-d", folder / question["file"], "-o", "m", "--factors", "4", "--quiet")

        self.each(check, "describe")

    def test_bundles(self):
        self.each(lambda folder, question: self.ask(folder, question, 1e-4), "recommend", "similar", "evaluate")

    def test_bundles_go_on(self):
        """Every bundle takes new events; of those that an old program updated too, the results are compared."""
        for folder in VERSIONS:
            again = {}
            for _, question in filter(lambda found: found[0] == folder, questions()):
                again.setdefault(question["file"], []).append(question)
            for bundle in sorted((folder / "bundles").glob("*.akin")):
                updated = f"bundles/{bundle.stem}-updated.akin"
                if bundle.stem.endswith("-updated"):
                    continue
                with self.subTest(version=folder.name, file=bundle.name):
                    more = folder / "data" / "more.data"
                    result = self.run_json("update", bundle, "-d", more, "-o", "new.akin", "--seed", "7")
                    self.assertEqual((result["new_events"], result["updates"]), (6, 1))
                    self.assertEqual(len(self.run_json("recommend", "new.akin", "--user", "Ünew", "-k", "3")["items"]), 3)
                    for question in again.get(updated, []):
                        self.ask(folder, question, 1e-3, "new.akin")

    def test_checkpoints_are_resumed(self):
        def check(folder, question):
            shutil.copy(folder / question["file"], self.dir / "checkpoint")
            flags = [{"--iterations": "--epochs"}.get(flag, flag) for flag in question["flags"]]  # since renamed
            result = self.run_json("train", *flags, "-d", folder / question["data"], "-o", "m", "--checkpoint",
                                   "checkpoint", "--resume")
            self.assertEqual(result["monitor"]["resumed_at"], question["passes"])
            self.assertGreater(result["monitor"]["epochs"], question["passes"])
            answer = self.recommended(self.dir / "m", question["recommend"])
            self.assert_like(answer, question["answer"], 1e-3, f"resumed from {question['file']}")

        self.each(check, "train")

    @unittest.skipUnless(BUILT, "built without nets")
    def test_nets_predict_and_go_on(self):
        def check(folder, question):
            self.ask(folder, question, 1e-5)
            result = self.run_json("net", "train", folder / question["file"], "-d", folder / question["data"], "-o", "x.net",
                                   "--epochs", "1", "--threads", "1")
            self.assertEqual([epoch["epoch"] for epoch in result["epochs"]], [question["epochs"] + 1])

        self.each(check, "net predict")


if __name__ == "__main__":
    unittest.main()
