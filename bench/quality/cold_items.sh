#!/usr/bin/env bash
# Items that nobody has bought, ranked by their content: the table of docs/content.md.
# Usage: bench/quality/cold_items.sh DATA_FOLDER [AKIN]     prints a Markdown row for each model, means over five splits
set -euo pipefail
data=$(realpath "$1")
akin=$(realpath "${2:-build/release/akin}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$akin" import lists "$data/amazon-beauty/user_sequence.txt" --ordered yes --items "$data/amazon-beauty/items.tsv" \
  -o beauty.data --quiet >/dev/null

# measure SEED MODEL FLAGS...: trains without the cold items and ranks them; prints HR@10, Recall@20, NDCG@20.
measure() {
  local seed=$1
  shift
  "$akin" train "$@" -d beauty.data --holdout cold-items:0.2 --seed "$seed" -o model.akin --quiet >/dev/null
  "$akin" evaluate model.akin --candidates cold --ties random --cutoffs 10,20 --resamples 0 --accuracy-only --json --quiet |
    python3 -c 'import json, sys
metrics = json.load(sys.stdin)["evaluation"]["metrics"]
print(*(metrics[name]["value"] for name in ("HR@10", "Recall@20", "NDCG@20")))'
}

# row NAME MODEL FLAGS...: five splits with the same parameters.
row() {
  local name=$1
  shift
  for seed in 1 2 3 4 5; do measure "$seed" "$@"; done |
    awk -v name="$name" '{ for (i = 1; i <= 3; ++i) sum[i] += $i }
      END { printf "| %s | %.3f | %.3f | %.3f |\n", name, sum[1] / NR, sum[2] / NR, sum[3] / NR }'
}

# tuned MODEL FLAGS...: parameters chosen in each split on a second cold split inside the warm items.
tuned() {
  local model=$1
  shift
  for seed in 1 2 3 4 5; do
    "$akin" tune "$model" -d beauty.data --holdout cold-items:0.2 --candidates cold --metric NDCG@20 --seed "$seed" \
      --trials 10 -o "best-$model-$seed.toml" --quiet "$@" >/dev/null
    measure "$seed" "$model" --config "best-$model-$seed.toml"
  done | awk -v name="\`$model\`, tuned" '{ for (i = 1; i <= 3; ++i) sum[i] += $i }
      END { printf "| %s | %.3f | %.3f | %.3f |\n", name, sum[1] / NR, sum[2] / NR, sum[3] / NR }'
}

echo "| model | HR@10 | Recall@20 | NDCG@20 |"
echo "|---|---|---|---|"
row "\`content-attributes --fields category\`" content-attributes --fields category
row "\`content-attributes --fields brand\`" content-attributes --fields brand
row "\`content-word-vectors\`" content-word-vectors
row "\`content-tfidf\`" content-tfidf
row "\`content-bm25\`" content-bm25
row "\`content-bm25 --fields title,brand,category\`" content-bm25 --fields title,brand,category
tuned content-tfidf
tuned content-bm25
