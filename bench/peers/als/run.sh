#!/bin/sh
# Fits ALS by akin and by implicit, one after the other in one run, on the same events, with the same objective and number of epochs.
# Usage: bench/peers/als/run.sh DATA_FOLDER [AKIN]   (needs python3-venv; README.md says what is measured)
# LARGE=1 adds a synthetic data set of 20 million events, which takes a few more minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
work=${WORK:-/tmp/akin-als}
mkdir -p "$work"
python=${PYTHON:-$work/venv/bin/python}
if ! [ -x "$python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet implicit==0.7.3 numpy==2.4.6 scipy==1.17.1
fi
cd "$work"
[ -s movielens-1m.data ] || "$akin" import movielens "$data/movielens-1m" -o movielens-1m.data --quiet > /dev/null
[ -s gowalla.data ] || "$akin" import lists "$data/gowalla/train.txt" "$data/gowalla/test.txt" -o gowalla.data --quiet > /dev/null
# implicit has threads of its own around BLAS and asks for this.
export OPENBLAS_NUM_THREADS=1
compare() {
  taskset -c 0 "$python" "$here/compare.py" "$akin" "$1" "$2" 1 $3
  taskset -c 0,1 "$python" "$here/compare.py" "$akin" "$1" "$2" 2 $3
}
compare movielens-1m.data ratio:0.2 ""
compare gowalla.data given ""
if [ "${LARGE:-0}" = 1 ]; then
  [ -s events.csv ] || "$python" "$root/bench/peers/import_csv/make_events.py" 20000000 events.csv
  [ -s large.data ] || "$akin" import csv events.csv --user userId --item movieId --value rating --time timestamp \
    --repeats last -o large.data --quiet > /dev/null
  compare large.data ratio:0.02 cg
fi
