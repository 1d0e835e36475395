#!/usr/bin/env bash
# Every figure of docs/results.md, from the research data sets. Usage: bench/quality/real_data.sh DATA_FOLDER [AKIN]
set -euo pipefail
data=$(realpath "$1")
akin=$(realpath "${2:-build/release/akin}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() {
  printf '\n$ akin'
  printf ' %s' "${@//$data/DATA}"
  echo
  "$akin" "$@" 2>/dev/null
}

echo "# Musical Instruments"
run import amazon "$data/amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz" -o instruments.data
run describe instruments.data
run compare -d instruments.data --models all
run compare -d instruments.data --models mf-sgd --holdout ratio:0.2

echo; echo "# Beauty"
run import lists "$data/amazon-beauty/user_sequence.txt" --ordered yes --items "$data/amazon-beauty/items.tsv" \
  --links "$data/amazon-beauty/also_bought.txt,$data/amazon-beauty/also_viewed.txt,$data/amazon-beauty/bought_together.txt" \
  -o beauty.data
run compare -d beauty.data --models popularity,item-knn,als,bpr,prod2vec
run train prod2vec -d beauty.data -o beauty.akin
for item in B004756YJA B0009P4PZC B000142FVW B0000YUX4O; do run similar beauty.akin --item "$item" -k 5; done
run recommend beauty.akin --user A3G6XNM240RMWA -k 5
run tune bpr -d beauty.data -o bpr.toml --search halving --trials 27 --parallel 2
run train bpr -d beauty.data --config bpr.toml -o bpr.akin
run evaluate bpr.akin --cutoffs 10 --accuracy-only

echo; echo "# MovieLens 1M, the NCF split"
run import ncf "$data/movielens-1m/ncf/ml-1m.train.rating" -o ncf.data
run train popularity -d ncf.data -o ncf.akin
run evaluate ncf.akin --cutoffs 10
run evaluate ncf.akin --cutoffs 10 --ties for
run compare -d ncf.data --models popularity,item-knn,als,bpr --cutoffs 10
run tune als -d ncf.data -o als.toml --trials 16 --set factors=64 --parallel 2
run train als -d ncf.data --config als.toml -o als.akin
run evaluate als.akin --cutoffs 10 --accuracy-only

echo; echo "# MovieLens 100K, the five published folds"
for fold in 1 2 3 4 5; do
  run import movielens "$data/movielens-100k/u$fold.base" "$data/movielens-100k/u$fold.test" -o "u$fold.data"
  run compare -d "u$fold.data" --models mf-sgd --cutoffs 10
done
run compare -d u1.data -d u2.data -d u3.data -d u4.data -d u5.data --models mf-sgd --liked 4

echo; echo "# Diginetica"
run import lists "$data/diginetica/train_sessions.txt" "$data/diginetica/test_prefix_target.txt" --user line --ordered yes \
  --target last -o sessions.data
run compare -d sessions.data --models popularity,item-knn,prod2vec --cutoffs 10,20 --include-seen --accuracy-only

echo; echo "# Online Retail"
run import csv "$data/online-retail/online_retail.csv.gz" --user CustomerID --item StockCode --value Quantity \
  --time InvoiceDate --title Description --min-raw-value 0.5 --item-pattern '^[0-9]{5}' -o retail.data
run compare -d retail.data --models popularity,item-knn,als,bpr,prod2vec
for model in item-knn prod2vec; do
  run train "$model" -d retail.data -o "$model.akin"
  for item in 85123A 22423 20725; do run similar "$model.akin" --item "$item" -k 5; done
done
