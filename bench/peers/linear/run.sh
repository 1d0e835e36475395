#!/bin/sh
# Fits the linear models and the matrix factorizations beside them, with akin and with what people use in Python:
# same data, same objective, one run. Usage: bench/peers/linear/run.sh DATA_FOLDER [AKIN]
# Needs python3-venv; README.md says what is measured.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
work=${WORK:-/tmp/akin-linear}
mkdir -p "$work"
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
fi
cd "$work"
[ -s ml-1m.data ] || "$akin" import movielens "$data/movielens-1m" -o ml-1m.data --quiet > /dev/null
for threads in 1 2; do
  cores=0
  [ "$threads" = 1 ] || cores=0,1
  OPENBLAS_NUM_THREADS=$threads OMP_NUM_THREADS=$threads \
    taskset -c "$cores" "$work/venv/bin/python" "$here/compare.py" "$akin" ml-1m.data "$threads"
done
