#!/bin/sh
# Pairs per second of akin's NCF models and of PyTorch loops, one after the other on the same machine.
# Usage: bench/peers/ncf/run.sh DATA_FOLDER [AKIN]   (PYTHON names a python3 with torch, such as Debian's python3-torch)
# akin: the difference between two trainings of different length. This excludes reading and writing, and includes
# sampling negatives and shuffling.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$here/../../../build/release/akin}")
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$akin" import ncf "$data/movielens-1m/ncf/ml-1m" -o "$work/ml.data" --quiet > "$work/log"
shape="--factors 32 --mlp-factors 32 --layers 32,16,8"  # of torch_loop.py's neumf
seconds() {  # MODEL EPOCHS THREADS
  begin=$(date +%s.%N)
  # shellcheck disable=SC2086
  "$akin" train "$1" $(test "$1" = neumf && echo $shape) -d "$work/ml.data" -o "$work/model.akin" --holdout none --epochs "$2" --threads "$3" --quiet > "$work/log"
  echo "$(date +%s.%N) $begin" | awk '{print $1 - $2}'
}
rate() {  # MODEL PAIRS_AN_EPOCH SHORT LONG THREADS
  short=$(seconds "$1" "$3" "$5")
  long=$(seconds "$1" "$4" "$5")
  echo "$short $long" | awk -v pairs="$2" -v epochs="$(($4 - $3))" -v name="$1" -v threads="$5" \
    '{printf "akin %s, %d threads: %d pairs/s\n", name, threads, pairs * epochs / ($2 - $1)}'
}
for threads in 1 2; do
  rate rating-dot 1000209 1 11 $threads
  rate rating-mlp 1000209 1 6 $threads
  rate neumf 5001045 1 3 $threads
  "$python" "$here/torch_loop.py" rating-dot 3000 $threads
  "$python" "$here/torch_loop.py" rating-mlp 3000 $threads
  "$python" "$here/torch_loop.py" neumf 1500 $threads
  "$python" "$here/torch_loop.py" neumf 1500 $threads sparse
done
