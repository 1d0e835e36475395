#!/usr/bin/env bash
# Items that nobody has bought, ranked by several sources: the tables of docs/fusion.md.
# Usage: bench/quality/fusion.sh DATA_FOLDER MINILM_FOLDER [AKIN [WORK_FOLDER]]
# ABLATION=single measures each source and all of them alone, in a third of the time. TOWER=1 adds a trained tower to the sources of
# amazon-beauty, which takes twice the time.
# MINILM_FOLDER is what scripts/get-minilm.sh wrote. Prints coverage, weights, the ablation over five splits and its tests.
set -euo pipefail
data=$(realpath "$1")
minilm=$(realpath "$2")
akin=$(realpath "${3:-build/release/akin}")
work=${4:-$(mktemp -d)}
mkdir -p "$work"
cd "$work"
protocol=(--holdout cold-items:0.2 --candidates cold --ties random --cutoffs 10,20 --accuracy-only --splits 5 --seed 1
  --ablation "${ABLATION:-full}")

[ -f minilm.enc ] || "$akin" encoder import "$minilm" -o minilm.enc --quiet >/dev/null
[ -f beauty.data ] || "$akin" import lists "$data/amazon-beauty/user_sequence.txt" --ordered yes \
  --items "$data/amazon-beauty/items.tsv" -o beauty.data --quiet >/dev/null
# The vectors of the titles depend on nothing but the titles, so that they are computed once.
[ -f beauty.npy ] || "$akin" encode minilm.enc -d beauty.data --fields title -o beauty.npy --to npy --quiet >/dev/null
tower=()
content="tfidf fields=title; attributes fields=brand; attributes fields=category"
[ -z "${TOWER:-}" ] || tower=(--source "two-tower content='$content' epochs=12 learning_rate=0.003 id_dropout=1 dropout=0.8")
"$akin" fuse -d beauty.data "${protocol[@]}" --html beauty.html -o beauty.akin --source "tfidf fields=title" \
  --source "minilm: vectors file=beauty.npy" --source "brand: attributes fields=brand" \
  --source "category: attributes fields=category" --source map "${tower[@]}"

# The 3,416 movies with five ratings and more, as in published splits of this data set.
[ -f movies.data ] || "$akin" import movielens "$data/movielens-1m/ratings.dat" --item-core 5 --drop-unseen-items \
  --types director=list:comma,writers=list:comma,actors=list:comma -o movies.data --quiet >/dev/null
"$akin" fuse -d movies.data "${protocol[@]}" --html movies.html -o movies.akin --source "plot: tfidf fields=description" \
  --source "people: attributes fields=director,writers,actors" --source "genres: attributes fields=category" \
  --source "year: attributes fields=year,certificate" --source map
