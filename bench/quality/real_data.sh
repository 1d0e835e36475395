#!/usr/bin/env bash
# Every figure of docs/results.md, from the research data sets. Usage: bench/quality/real_data.sh DATA_FOLDER [AKIN]
set -euo pipefail
data=$(realpath "$1")
akin=$(realpath "${2:-build/release/akin}")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() {
  printf '\n$ akin'
  printf ' %s' "${@//$data/DATA}"
  echo
  "$akin" "$@" 2>/dev/null
}

# Trains with parameters chosen before, and evaluates: chosen DATA CUTOFF MODEL FLAGS
chosen() {
  local split=$1 cutoff=$2
  shift 2
  run train "$@" -d "$split" -o chosen.akin
  run evaluate chosen.akin --cutoffs "$cutoff" --accuracy-only
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
run compare -d ncf.data --models popularity,co-occurrence,item-knn,user-knn,ease,slim,svd,nmf,als,logistic-mf,bpr,warp --cutoffs 10
# Parameters chosen by akin tune on validation events of the files, or on a split made in the same way from the training file.
python3 "$here/inner_ncf.py" "$data/movielens-1m/ncf/ml-1m.train.rating" inner
run import ncf inner.train.rating -o inner.data
chosen ncf.data 10 ease --regularization 897.5
chosen ncf.data 10 slim --l1 0.99 --regularization 309.3
for split in inner.data ncf.data; do
  for regularization in 0.03 0.06 0.1 0.15; do
    chosen $split 10 als --factors 128 --epochs 14 --alpha 1 --regularization $regularization
  done
  chosen $split 10 logistic-mf --factors 192 --learning-rate 0.002 --regularization 0.005 --epochs 256 --schedule constant
  chosen $split 10 logistic-mf --factors 192 --learning-rate 0.008 --regularization 0.005 --epochs 128
  for alpha in 0.4 0.5 0.55 0.6; do
    chosen $split 10 item-knn --neighbors-of target --similarity tfidf --neighbors 80 --shrinkage 3 --asymmetric-alpha $alpha
  done
done

echo; echo "# Gowalla"
run import lists "$data/gowalla/train.txt" "$data/gowalla/test.txt" -o gowalla.data
run tune item-knn -d gowalla.data -o item-knn.toml --metric NDCG@20 --trials 36 --range similarity=cosine,tfidf,bm25 \
  --range neighbors=50:1000 --range neighbors_of=target,history --range asymmetric_alpha=0.3:0.7 --range shrinkage=0.1:20
run tune als -d gowalla.data -o als.toml --metric NDCG@20 --trials 30 --range alpha=3:300 --range regularization=0.001:0.3 \
  --range count_power=0.3:1 --set factors=64 --set epochs=12
chosen gowalla.data 20 item-knn --similarity tfidf --neighbors 484 --shrinkage 0.1125 --asymmetric-alpha 0.6869 --power 1.255
chosen gowalla.data 20 als --factors 64 --epochs 3 --alpha 83.54 --regularization 0.1506 --count-power 0.8916
chosen gowalla.data 20 als --factors 128 --epochs 3 --alpha 83.54 --regularization 0.1506 --count-power 0.8916
chosen gowalla.data 20 bpr --sampler hard --candidates 32 --learning-rate 0.05 --regularization 0.01 --epochs 60
chosen gowalla.data 20 slim
chosen gowalla.data 20 ease --regularization 83   # 6.7 GB and some minutes

echo; echo "# MovieLens 100K, the five published folds"
folds=()
for fold in 1 2 3 4 5; do
  run import movielens "$data/movielens-100k/u$fold.base" "$data/movielens-100k/u$fold.test" -o "u$fold.data"
  folds+=(-d "u$fold.data")
done
run compare "${folds[@]}" --models bias,slope-one,item-knn-rating,user-knn-rating,nmf-rating,als-wr,mf-sgd,svdpp --liked 4
run tune bias -d u2.data -o bias.toml --trials 24
run compare "${folds[@]}" --models bias --set bias.item_regularization=3.2 --set bias.user_regularization=5.4

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
