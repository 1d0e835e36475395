#!/bin/sh
# BPR by akin and by implicit: the same events, factors and epochs, time of an epoch and quality, one run.
# Usage: bench/peers/bpr/run.sh DATA_FOLDER [AKIN] [EVENTS]   (needs python3-venv; README.md says what is measured)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
events=${3:-20000000}
work=${WORK:-/tmp/akin-bpr}
mkdir -p "$work"
python=${PYTHON:-$work/venv/bin/python}
if [ ! -x "$python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet implicit==0.7.3 numpy==2.4.6 scipy==1.17.1
fi
cd "$work"
{
  [ -s movielens-1m.data ] || "$akin" import movielens "$data/movielens-1m" -o movielens-1m.data --quiet
  [ -s gowalla.data ] || "$akin" import lists "$data/gowalla/train.txt" "$data/gowalla/test.txt" -o gowalla.data --quiet
  if [ ! -s made-$events.data ]; then
    "$python" "$here/../import_csv/make_events.py" "$events" made.csv
    "$akin" import csv made.csv -o made-$events.data --quiet
    rm made.csv
  fi
} > /dev/null
export OPENBLAS_NUM_THREADS=1
# Quality needs whole fits; speed takes the difference of a longer and a shorter one.
taskset -c 0 "$python" "$here/compare.py" quality "$akin" movielens-1m.data 1
for name in movielens-1m gowalla made-$events; do
  taskset -c 0 "$python" "$here/compare.py" speed "$akin" $name.data 1
  taskset -c 0,1 "$python" "$here/compare.py" speed "$akin" $name.data 2
done
