#!/usr/bin/env bash
# Reads about 500 MB of review JSON lines with akin and with pandas. Needs python3-venv and a package index for pandas.
# Usage: bench/peers/import_json/run.sh [MEGABYTES [SOURCE.json.gz]]     SOURCE: reviews to repeat; without it, synthetic ones
# IMPORT_BENCH names another build of the benchmark program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)

program=${IMPORT_BENCH:-$root/build/bench/bench/import_bench}
if [ -z "${IMPORT_BENCH:-}" ]; then
  (cd "$root" && cmake --preset bench >/dev/null && cmake --build build/bench --target import_bench >/dev/null)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas
python3 "$here/make_reviews.py" "$work/reviews.json" "${1:-500}" ${2:+"$2"}
"$work/venv/bin/python" "$here/compare.py" "$program" "$work/reviews.json"
