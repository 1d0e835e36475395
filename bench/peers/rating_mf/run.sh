#!/bin/sh
# Rating factorization by SGD, akin's mf-sgd and LIBMF on the same ratings in one run.
# Usage: bench/peers/rating_mf/run.sh DATA_FOLDER [AKIN]   (needs python3-venv and g++; README.md says what is measured)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
work=${WORK:-/tmp/akin-rating-mf}
count=${RATINGS:-20000000}
mkdir -p "$work"
cd "$work"
if [ ! -x venv/bin/python ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet numpy==2.4.6
fi
if [ ! -x libmf_train ]; then
  venv/bin/pip download --quiet --no-deps --no-binary :all: libmf==0.9.2
  tar xzf libmf-0.9.2.tar.gz
  g++ -std=c++14 -O3 -march=native -fopenmp -pthread -DUSEAVX -DUSEOMP -I libmf-0.9.2/src_cpp -o libmf_train \
    "$here/libmf_train.cc" libmf-0.9.2/src_cpp/mf.cpp
fi
prepare() {  # NAME KIND SOURCE
  [ -s "$1.data" ] && return
  venv/bin/python "$here/make_ratings.py" "$2" "$3" "$1"
  "$akin" import csv "$1.csv" --user user --item item --value rating --part part -o "$1.data" --quiet > /dev/null
  rm "$1.csv"
}
prepare movielens-1m movielens "$data/movielens-1m/ratings.dat"
for factors in 32 64 128; do
  for threads in 1 2; do
    taskset -c "0-$((threads - 1))" venv/bin/python "$here/compare.py" "$akin" ./libmf_train movielens-1m $threads $factors 0.05
  done
done
if [ "$count" -gt 0 ]; then
  prepare synthetic synthetic "$count"
  for threads in 1 2; do
    EPOCHS=4,6 taskset -c "0-$((threads - 1))" venv/bin/python "$here/compare.py" "$akin" ./libmf_train synthetic $threads 64 0.05
  done
fi
