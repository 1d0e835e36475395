#!/usr/bin/env bash
# Whether clang-format 14 would change a C++ file; prints what and exits 1. scripts/check_format.sh --fix changes it.
set -euo pipefail
cd "$(dirname "$0")/.."
format=$(command -v clang-format-14 || command -v clang-format || true)
[ -n "$format" ] || { echo "check_format: install clang-format (scripts/setup.sh --tests does)" >&2; exit 1; }
how=(--dry-run --Werror)
[ "${1:-}" = --fix ] && how=(-i)
find src tests fuzz bench examples \( -name '*.h' -o -name '*.cc' -o -name '*.cpp' \) -print0 |
  xargs -0 -n 64 -P "$(nproc)" "$format" "${how[@]}"
echo "check_format: clean"
