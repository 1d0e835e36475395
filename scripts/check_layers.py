#!/usr/bin/env python3
"""Checks the house rules that a compiler does not: layers, homes of third-party headers, banned names, file lengths.

Usage: scripts/check_layers.py          (from anywhere; exits 1 and names each violation)
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "akin"

# A module may include itself and the modules listed here. Same order and content as the CMakeLists.txt.
MAY_INCLUDE = {
    "base": set(),
    "distributed": {"base"},
    "linalg": {"base"},
    "optim": {"base", "linalg"},
    "data": {"base", "linalg"},
    "nn": {"base", "linalg", "optim"},
    "text": {"base", "linalg", "optim", "data"},
    "image": {"base", "linalg", "optim", "data"},
    "models": {"base", "linalg", "optim", "data"},
    "nets": {"base", "linalg", "optim", "data", "text", "image", "nn", "models"},
    "encode": {"base", "linalg", "optim", "data", "text", "image", "nn", "models", "nets"},
    "fusion": {"base", "linalg", "optim", "data", "text", "image", "nn", "models", "nets", "encode"},
    "eval": {"base", "linalg", "optim", "data", "models"},
    "catalog": {"base", "linalg", "optim", "data", "text", "image", "nn", "models", "nets", "encode", "fusion"},
    "store": {"base", "linalg", "optim", "data", "text", "image", "models", "encode", "fusion", "catalog"},
    "serve": {"base", "linalg", "optim", "data", "text", "image", "models", "encode", "fusion", "catalog", "store"},
    "experiment": {"base", "linalg", "optim", "data", "text", "image", "models", "encode", "fusion", "eval", "catalog", "store", "nn", "nets"},
}
MAY_INCLUDE["report"] = set(MAY_INCLUDE)
MAY_INCLUDE["cli"] = set(MAY_INCLUDE)

# The only modules that may include a third-party header, by the header's first path component.
HOMES = {
    "zlib.h": {"base"}, "zstd.h": {"base"}, "xxhash.h": {"base"},
    "hwy": {"linalg", "optim", "models", "nets", "nn", "text"},
    "Eigen": {"linalg", "optim"},
    "simdjson.h": {"data"}, "jpeglib.h": {"data", "image"}, "jerror.h": {"image"}, "png.h": {"image"}, "webp": {"image"}, "gif_lib.h": {"image"}, "archive.h": {"image"}, "archive_entry.h": {"image"}, "expat.h": {"data"}, "unicode": {"data", "text"}, "re2": {"data"}, "libstemmer.h": {"text"}, "openssl": {"data"},
    "nlohmann": {"base", "data", "text", "experiment", "store", "nn", "nets", "report", "cli"},
    "boost": {"eval"},
    "ATen": {"nn"}, "c10": {"nn"}, "torch": {"nn"}, "hdf5.h": {"nn"}, "mpi.h": {"distributed"},
    "CLI": {"cli"}, "toml++": {"data"},
    "regex": set(),  # it needs stack in proportion to the text, and time without bound
    "fmt": None,  # anywhere
    "gtest": None,
}
BANNED = re.compile(r"\b(random_device|srand|rand)\s*[({]")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Models and libraries never print and never end the process.
PRINTING = re.compile(r"\bstd::(cout|cerr|clog)\b|\b(printf|fprintf|puts|exit)\s*\(|fmt::print")
PROGRAMS = {"make_configs.cc"}  # run while akin is built
MOST_LINES = 500
TYPE = re.compile(r"^(?:class|struct|enum class)\s+(\w+)\b(?!::)[^;]*$")
NAMESPACE = re.compile(r"^namespace ([\w:]+) {")


def check(path):
    module = path.relative_to(SOURCE).parts[0]
    if module == "akin.h":  # the header of users
        return
    is_test = path.stem.endswith("_test")
    if module not in MAY_INCLUDE:
        yield 1, f"module {module} is not in scripts/check_layers.py"
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > MOST_LINES:
        yield len(lines), f"{len(lines)} lines; split it (at most {MOST_LINES})"
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        include = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if include:
            parts = include.group(1).split("/")
            if parts[0] == "akin" and parts[1] != module and parts[1] not in MAY_INCLUDE[module]:
                yield number, f"{module} must not include {parts[1]}"
            home = HOMES.get(parts[0])
            if home is not None and module not in home and not is_test:
                yield number, f"{include.group(1)} has its home in {', '.join(sorted(home)) or 'tests'}"
        if BANNED.search(code):
            yield number, "random numbers come from akin::Rng with a seed"
        if UNFINISHED.search(line):
            yield number, "unfinished work"
        if module != "cli" and path.name not in PROGRAMS and not is_test and PRINTING.search(code):
            yield number, "libraries neither print nor exit; throw akin::Error or report progress"


def types_of(path):
    """(line, qualified name) of each type that a header defines in a namespace."""
    namespace = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := NAMESPACE.match(line):
            namespace = match.group(1)
        elif match := TYPE.match(line):
            yield number, f"{namespace}::{match.group(1)}"


def doubled_types(headers):
    """Two types of one name make two programs of one: the linker keeps either."""
    homes = {}
    for path in headers:
        for number, name in types_of(path):
            if homes.setdefault(name, path) != path:
                yield path, number, f"{name} is defined in {homes[name].relative_to(ROOT)} too"


def main():
    violations = 0
    for path, number, message in doubled_types(sorted(SOURCE.rglob("*.h"))):
        print(f"{path.relative_to(ROOT)}:{number}: {message}")
        violations += 1
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix not in {".h", ".cc"}:
            continue
        for number, message in check(path):
            print(f"{path.relative_to(ROOT)}:{number}: {message}")
            violations += 1
    print(f"check_layers: {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
