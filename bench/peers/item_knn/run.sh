#!/bin/sh
# Fits item neighbors with akin and with implicit: same events, same similarity, as many neighbors, one run.
# Usage: bench/peers/item_knn/run.sh DATA_FOLDER [AKIN]   (needs python3-venv; README.md says what is measured)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
work=${WORK:-/tmp/akin-item-knn}
mkdir -p "$work"
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet implicit==0.7.3 numpy==2.4.6 scipy==1.17.1
fi
cd "$work"
[ -s movielens-1m.data ] || "$akin" import movielens "$data/movielens-1m" -o movielens-1m.data --quiet > /dev/null
[ -s gowalla.data ] || "$akin" import lists "$data/gowalla/train.txt" -o gowalla.data --quiet > /dev/null
if [ ! -s synthetic.data ]; then
  "$work/venv/bin/python" "$here/make_events.py" events.csv
  "$akin" import csv events.csv --user user --item item -o synthetic.data --quiet > /dev/null
  rm events.csv
fi
# implicit has threads of its own around BLAS and asks for this.
export OPENBLAS_NUM_THREADS=1
for name in ${NAMES:-movielens-1m gowalla synthetic}; do
  taskset -c 0 "$work/venv/bin/python" "$here/compare.py" "$akin" $name.data 1
  taskset -c 0,1 "$work/venv/bin/python" "$here/compare.py" "$akin" $name.data 2
done
