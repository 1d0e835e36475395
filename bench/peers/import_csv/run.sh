#!/bin/sh
# Reads one generated file of events with akin and with pandas on one core.
# Usage: bench/peers/import_csv/run.sh [LINES]   (needs python3-venv; set IMPORT_BENCH to a built import_bench)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
lines=${1:-20000000}
work=${WORK:-/tmp/akin-import-csv}
program=${IMPORT_BENCH:-$root/build/bench/bench/import_bench}
mkdir -p "$work"
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet pandas
fi
file=$work/events-$lines.csv
[ -s "$file" ] || { "$work/venv/bin/python" "$here/make_events.py" "$lines" "$file.part" && mv "$file.part" "$file"; }
cat "$file" > /dev/null # into the page cache
echo "== akin: csv"
taskset -c 0 "$program" csv "$file"
echo "== pandas: read_csv (C parser)"
taskset -c 0 "$work/venv/bin/python" "$here/pandas_read.py" "$file"
