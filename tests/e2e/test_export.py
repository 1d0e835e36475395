"""Exported vectors, read back by hand."""
import array
import ast
import csv
import json
import struct
import unittest

from harness import AkinTest, tiny_events


def read_npy(content):
    assert content[:8] == b"\x93NUMPY\x01\x00"
    (length,) = struct.unpack("<H", content[8:10])
    assert (10 + length) % 64 == 0
    header = ast.literal_eval(content[10:10 + length].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"]
    values = array.array("f", content[10 + length:])
    rows, cols = header["shape"]
    assert len(values) == rows * cols
    return [values[r * cols:(r + 1) * cols].tolist() for r in range(rows)]


class ExportTest(AkinTest):
    def export(self, to, what="items"):
        self.run_akin("export", "model.akin", "--what", what, "--to", to, "-o", f"out.{to}")
        return (self.dir / f"out.{to}").read_bytes()

    def test_all_formats_hold_the_same_vectors(self):
        self.make_bundle("als", "model.akin", "--factors", "7")
        for what, count in (("items", 20), ("users", 30)):
            with self.subTest(what):
                vectors = read_npy(self.export("npy", what))
                ids = json.loads((self.dir / "out.npy.ids.json").read_text())
                self.assertEqual((len(vectors), len(vectors[0]), len(ids)), (count, 7, count))
                self.assertTrue(any(any(row) for row in vectors))

                rows = list(csv.reader(self.export("csv", what).decode().splitlines()))
                self.assertEqual(rows[0], ["id"] + [f"d{d}" for d in range(7)])
                self.assertEqual([row[0] for row in rows[1:]], ids)
                as_float = lambda texts: array.array("f", map(float, texts)).tolist()
                self.assertEqual([as_float(row[1:]) for row in rows[1:]], vectors)

                lines = self.export("word2vec", what).decode().splitlines()
                self.assertEqual(lines[0], f"{count} 7")
                self.assertEqual([line.split(" ")[0] for line in lines[1:]], ids)
                self.assertEqual([as_float(line.split(" ")[1:]) for line in lines[1:]], vectors)

                content = self.export("word2vec-bin", what)
                head, rest = content.split(b"\n", 1)
                self.assertEqual(head, f"{count} 7".encode())
                for row, identifier in enumerate(ids):
                    word, rest = rest.split(b" ", 1)
                    self.assertEqual(word.decode(), identifier)
                    self.assertEqual(array.array("f", rest[:28]).tolist(), vectors[row])
                    self.assertEqual(rest[28:29], b"\n")
                    rest = rest[29:]
                self.assertEqual(rest, b"")

                content = self.export("safetensors", what)
                (length,) = struct.unpack("<Q", content[:8])
                header = json.loads(content[8:8 + length])
                begin, end = header["vectors"]["data_offsets"]
                self.assertEqual(header["vectors"]["shape"], [count, 7])
                self.assertEqual(array.array("f", content[8 + length + begin:8 + length + end]).tolist(),
                                 [value for row in vectors for value in row])

    def test_ids_with_white_space(self):
        rows = [(f"u{user}", "two words" if item == "i4" else item, value, time, title, category)
                for user, item, value, time, title, category in tiny_events() for user in [user[1:]]]
        self.make_data(rows=rows)
        self.run_akin("train", "als", "-d", "events.data", "-o", "model.akin", "--factors", "3", "--quiet")
        for to in ("word2vec", "word2vec-bin"):
            done = self.run_akin("export", "model.akin", "--to", to, "-o", "x", code=1)
            self.assert_error(done, r"a word2vec file cannot contain the id 'two words'.*--escape")
            self.assertNotIn("x", self.files())
            self.run_akin("export", "model.akin", "--to", to, "-o", "y", "--escape")
            self.assertIn(b"\ntwo%20words ", (self.dir / "y").read_bytes())
        self.assertIn('"two words"', (self.export("npy"), (self.dir / "out.npy.ids.json").read_text())[1])

    def test_standard_output_holds_the_vectors_and_nothing_else(self):
        self.make_bundle("als", "model.akin", "--factors", "7")
        for to in ("csv", "word2vec", "word2vec-bin", "safetensors"):
            done = self.run_akin("export", "model.akin", "--to", to, "-o", "-")
            self.assertEqual(done.stdout, self.export(to), to)
        self.assert_error(self.run_akin("export", "model.akin", "--to", "npy", "-o", "-", code=2), "two files")
        self.assertNotIn("-.ids.json", self.files())

    def test_a_model_without_vectors(self):
        self.make_bundle("popularity")
        self.assert_error(self.run_akin("export", "model.akin", "--to", "npy", "-o", "x", code=2), "has no vectors")
        self.assertNotIn("x", self.files())


if __name__ == "__main__":
    unittest.main()
