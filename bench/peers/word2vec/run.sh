#!/bin/sh
# word2vec by akin, gensim, fastText and word2vec.c: words a second, next item, files exchanged; one run.
# Usage: bench/peers/word2vec/run.sh DATA_FOLDER [AKIN]   (needs python3-venv, git, make, gcc; README.md says more)
# FASTTEXT and WORD2VEC may name programs built before; WORDS is the length of the synthetic text.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
data=$(realpath "$1")
akin=$(realpath "${2:-$root/build/release/akin}")
words=${WORDS:-10000000}
work=${WORK:-/tmp/akin-word2vec}
mkdir -p "$work"
python=${PYTHON:-$work/venv/bin/python}
if [ ! -x "$python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet gensim==4.4.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
fi
cd "$work"
if [ -z "${FASTTEXT:-}" ]; then
  [ -d fastText ] || git clone --quiet https://github.com/facebookresearch/fastText
  git -C fastText checkout --quiet 1142dc4
  make -s -C fastText opt
  FASTTEXT=$work/fastText/fasttext
fi
if [ -z "${WORD2VEC:-}" ]; then
  [ -d word2vec ] || git clone --quiet https://github.com/tmikolov/word2vec
  git -C word2vec checkout --quiet 20c129a
  gcc word2vec/word2vec.c -o word2vec-c -lm -pthread -Ofast -march=native
  WORD2VEC=$work/word2vec-c
fi
export FASTTEXT WORD2VEC OPENBLAS_NUM_THREADS=1
# movielens-1m.txt and made-text.txt are the sentences alone, without the id in front that akin reads
prepare() {
  [ -s "$1.txt" ] || cut -d' ' -f2- "$2" > "$1.txt"
  [ -s "$1.data" ] || "$akin" import lists "$2" --ordered yes -o "$1.data" --quiet > /dev/null
}
prepare movielens-1m "$data/movielens-1m/sequences.txt"
[ -s made-text.lists ] || "$python" "$here/make_text.py" "$words" made-text.lists
prepare made-text made-text.lists
for threads in 1 2; do
  processors=$([ $threads = 1 ] && echo 0 || echo 0,1)
  taskset -c $processors "$python" "$here/compare.py" speed "$akin" movielens-1m 1 $threads
  taskset -c $processors "$python" "$here/compare.py" speed "$akin" made-text 5 $threads
done
for flags in "sg=0" "hs=1 negative=0" "sg=0 hs=1 negative=0"; do
  taskset -c 0 "$python" "$here/compare.py" speed "$akin" movielens-1m 1 1 1 $flags
done
"$python" "$here/compare.py" formats "$akin" movielens-1m
"$python" "$here/compare.py" quality "$akin" movielens-1m 3
"$python" "$root/bench/quality/word2vec_parity.py" "$data" "$akin" 3
