"""What a file is, its first bytes say; and what it promises is not believed."""
import bz2
import gzip
import io
import json
import lzma
import resource
import struct
import subprocess
import tarfile
import zipfile
import unittest

from harness import AKIN, AkinTest, csv_text, tiny_events


def zip_of(text):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("events.csv", text)
    return file.getvalue()


def tar_of(text):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("events.csv")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return file.getvalue()


TEXT = csv_text(tiny_events()).encode()

CONTENTS = [
    (zip_of(TEXT), "is a zip archive .*; unpack it first"),
    (tar_of(TEXT), "is a tar archive; unpack it first"),
    (bz2.compress(TEXT), "is a bzip2 archive; unpack it first"),
    (lzma.compress(TEXT), "is an xz archive; unpack it first"),
    (lzma.compress(TEXT, lzma.FORMAT_ALONE), "is an lzma archive; unpack it first"),
    (gzip.compress(gzip.compress(TEXT)), "is a gzip archive inside another archive; unpack it"),
    (gzip.compress(zip_of(TEXT)), "is a zip archive"),
    (b"7z\xbc\xaf\x27\x1c" + bytes(100), "is a 7z archive"),
    (b"\x7fELF\x02\x01\x01" + bytes(100), r"is a program \(ELF\)"),
    (b"%PDF-1.7\n%\xe2\xe3\n", "is a PDF document"),
    (b"PAR1\x15\x04\x15" + bytes(100), "is a parquet file; save its table as csv first"),
    (b"SQLite format 3\0" + bytes(100), "is an SQLite database"),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), "is an HDF5 file"),
    (TEXT.decode().encode("utf-16-le"), "is UTF-16LE text; convert it first: iconv -f UTF-16LE -t UTF-8"),
    (TEXT.decode().encode("utf-16-be"), "is UTF-16BE text"),
    (TEXT.decode().encode("utf-16"), "is UTF-16 text"),
    (TEXT.decode().encode("utf-32-le"), "is UTF-32LE text"),
    (b"\x93NUMPY\x01\0\x76\0" + bytes(100), "is a NumPy array; text is expected here"),
    (b"MZ\x90\0\x03\0\0\0\x04" + bytes(100), r"is a program \(Windows\)"),
    (b"RIFF\x24\x08\0\0WAVEfmt " + bytes(100), "is a WAV recording"),
    (b"<!DOCTYPE html>\n<html><title>404</title>\n", r"is an HTML page; was it an error page of a download\?"),
    (bytes(range(256)), "is not text: there are control characters of many kinds among its first bytes"),
]


class ContentTest(AkinTest):
    def refused(self, pattern, *args):
        done = self.run_akin(*args, code=1)
        self.assert_error(done, pattern)

    def test_every_format_says_what_it_cannot_read(self):
        formats = ["csv", "lists", "text", "pairs", "uirt", "sessions", "amazon"]
        for content, pattern in CONTENTS:
            self.write("file", content)
            for name in formats:
                with self.subTest(format=name, content=pattern):
                    self.refused(r"\bfile: " + pattern, "import", name, "file", "-o", "x.data")
        self.assertEqual(self.files(), ["file"])

    def test_other_inputs_say_it_too(self):
        self.make_data()
        self.write("file", zip_of(TEXT))
        self.write("n.toml", '[[layers]]\nkind = "input"\nshape = [1]\n[[layers]]\nkind = "dense"\nunits = 1\n'
                             '[train]\noptimizer = "sgd"\nloss = "mse"\n[data]\ninputs = ["a"]\ntarget = ["b"]\n')
        for args in [("train", "als", "-d", "file", "-o", "x"), ("describe", "file"), ("recommend", "file", "--user", "u"),
                     ("train", "item2vec", "-d", "events.data", "-o", "x", "--quiet", "--init-items", "file"),
                     ("train", "als", "-d", "events.data", "-o", "x", "--config", "file"),
                     ("import", "text", "events.csv", "-o", "x", "--vocabulary", "file"),
                     ("import", "csv", "events.csv", "-o", "x", "--items", "file"),
                     ("net", "describe", "file"), ("net", "train", "n.toml", "--data", "file", "-o", "x")]:
            with self.subTest(" ".join(args)):
                self.refused("file: is a zip archive", *args)

    def test_own_files_are_no_texts(self):
        self.make_data()
        self.refused("events.data: is a safetensors file, as data sets and models of akin are; text is expected",
                     "import", "csv", "events.data", "-o", "x.data")

    def test_archives_are_still_read(self):
        self.write("a.csv", gzip.compress(TEXT))
        self.write("b.csv", TEXT)
        for name in "ab":
            self.run_akin("import", "csv", f"{name}.csv", "-o", f"{name}.data", "--quiet")
        self.assertEqual(self.run_json("describe", "a.data")["events"], self.run_json("describe", "b.data")["events"])


class PromiseTest(AkinTest):
    """Runs under a limit of memory that is far below what the files promise."""

    LIMIT = 1 << 30

    def refused(self, pattern, *args):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (self.LIMIT, self.LIMIT))
        quiet = ["--quiet"] if args[0] in ("train", "import") else []
        done = subprocess.run([AKIN, *args, *quiet], cwd=self.dir, capture_output=True, timeout=100, preexec_fn=limit)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr.decode(), r"\Aakin: error: [^\n]+\n\Z")
        self.assertRegex(done.stderr.decode(), pattern)

    def test_vectors(self):
        self.make_data()
        for content, pattern in [
                (b"1 2000000000\na 1\n", "vectors.bin:1: vectors of 2000000000 numbers are promised"),
                (b"1 1000000\na \x01\x02\x03", "the file ends before vector 1 of 1"),
                (gzip.compress(b"2 3\n" + bytes(300 << 20)), "becomes over 250 times larger|no end of a line"),
                (gzip.compress(bytes(300 << 20)), "zero bytes"),
                (gzip.compress(b"x" * (300 << 20)), "no end of a line or field in 16 MiB")]:
            self.write("vectors.bin", content)
            with self.subTest(pattern):
                self.refused(pattern, "train", "item2vec", "-d", "events.data", "-o", "x", "--quiet", "--init-items", "vectors.bin")

    def test_arrays(self):
        self.make_data()
        for shape, pattern in [("0, 4611686018427387904", "cannot have the shape"), ("9, 500000", "bytes of data do not make")]:
            header = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }" % shape).ljust(118).encode()
            self.write("v.npy", b"\x93NUMPY\x01\0\x76\0" + header)
            self.write("v.npy.ids.json", "[" * 1000)
            self.refused(pattern, "train", "item2vec", "-d", "events.data", "-o", "x", "--quiet", "--init-items", "v.npy")

    def test_headers_of_tensors(self):
        tensor = {"w": {"dtype": "F32", "shape": [1 << 38], "data_offsets": [0, 1 << 40]}}
        for header, pattern in [(b"[" * (20 << 20), "not that of a safetensors file"),
                                (json.dumps(tensor).encode(), "ends 1099511627776 bytes early")]:
            self.write("x.data", struct.pack("<Q", len(header)) + header)
            self.refused(pattern, "describe", "x.data")
        self.write("x.data", gzip.compress(struct.pack("<Q", 90 << 20) + b"{"))
        self.refused("length of a header, or it is cut off", "describe", "x.data")

    def test_texts_that_become_trees(self):
        self.make_data()
        bomb = gzip.compress(b"[" * (200 << 20))
        self.write("bomb", bomb)
        self.refused("bomb: is larger than 16 MiB", "train", "als", "-d", "events.data", "-o", "x", "--config", "bomb")
        self.refused("bomb: is larger than 16 MiB", "net", "describe", "bomb")
        self.refused("bomb:1: a line of over 16 MiB", "import", "csv", "bomb", "-o", "x")


if __name__ == "__main__":
    unittest.main()
