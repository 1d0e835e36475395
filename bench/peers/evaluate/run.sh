#!/bin/sh
# Ranks all items for all users and scores the lists, with akin and with implicit: same vectors, same split, one run.
# Usage: bench/peers/evaluate/run.sh DATA_FOLDER [AKIN]   (needs python3-venv; README.md says what is measured)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
work=${WORK:-/tmp/akin-evaluate}
mkdir -p "$work"
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet implicit==0.7.3 numpy==2.4.6 scipy==1.17.1
fi
cd "$work"
if [ ! -s movielens-1m.akin ]; then
  "$akin" import movielens "$data/movielens-1m" -o movielens-1m.data --quiet
  "$akin" train als -d movielens-1m.data --holdout ratio:0.2 -o movielens-1m.akin --quiet
fi
if [ ! -s gowalla.akin ]; then
  "$akin" import lists "$data/gowalla/train.txt" "$data/gowalla/test.txt" -o gowalla.data --quiet
  "$akin" train als -d gowalla.data -o gowalla.akin --quiet
fi > /dev/null
# implicit has threads of its own around BLAS and asks for this.
export OPENBLAS_NUM_THREADS=1
for name in movielens-1m gowalla; do
  for what in users items; do
    "$akin" export $name.akin --what $what --to npy -o $name.$what.npy --quiet > /dev/null
  done
  taskset -c 0 "$work/venv/bin/python" "$here/compare.py" "$akin" $name.akin 1
  taskset -c 0,1 "$work/venv/bin/python" "$here/compare.py" "$akin" $name.akin 2
done
