#!/bin/sh
# Events per second and quality of akin's gru4rec and of the official PyTorch program, one after the other with the same
# settings, data and number of threads (THREADS, 2).
# Usage: [THREADS=1] [FACTORS=256] bench/peers/sequences/gru4rec.sh PROGRAM DIGINETICA_FOLDER [SESSIONS] [EPOCHS] [AKIN]
# PROGRAM is a folder with run.py of https://github.com/hidasib/GRU4Rec_PyTorch_Official (see its licence), PYTHON a python3
# with torch, pandas 2, NumPy 1 and joblib. Both learn from the latest SESSIONS training sessions [all].
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "$1")
data=$(realpath "$2")
sessions=${3:-0}
epochs=${4:-5}
akin=$(realpath "${5:-$here/../../../build/release/akin}")
python=$(command -v "${PYTHON:-python3}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
threads=${THREADS:-2}
factors=${FACTORS:-100}
export OMP_NUM_THREADS="$threads"
export TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1  # the program's model file, which it has just written, is a pickle
"$python" "$here/gru4rec_data.py" "$data" "$sessions" "$work"
predicted=$(cat "$work/predicted")

# Events per second of a command, and of the processors' time that it took.
rate() {  # NAME COMMAND...
  name=$1
  shift
  /usr/bin/time -o "$work/time" -f "%e %U %S" "$@" > "$work/log"
  awk -v events="$predicted" -v epochs="$epochs" -v name="$name" \
    '{printf "%s: %d events/s, %d events per second of processor time\n", name, events * epochs / $1, events * epochs / ($2 + $3)}' "$work/time"
}

compare() {  # NAME, settings of akin, settings of the program
  echo "== $1: $epochs epochs of $predicted events; rates include reading and writing"
  # shellcheck disable=SC2086
  rate akin "$akin" train gru4rec -d "$work/sessions.data" -o "$work/model.akin" --holdout given --epochs "$epochs" --threads "$threads" --quiet $2
  "$akin" evaluate "$work/model.akin" --include-seen --cutoffs 20 --ties for --resamples 0 --quiet | grep -E "^(Recall|MRR)"
  (cd "$program" && rate program "$python" run.py "$work/train.tsv" -s "$work/model.pt" -d cpu -ss 2000000 -ps "n_epochs=$epochs,$3")
  grep -E "^Epoch" "$work/log"
  (cd "$program" && "$python" run.py "$work/model.pt" -l -t "$work/test.tsv" -m 20 -d cpu) > "$work/log"
  grep -E "^Recall" "$work/log"
}

"$akin" import lists "$work/train.txt" "$work/test.txt" -o "$work/sessions.data" --user line --ordered yes --target last --quiet > "$work/log"
compare cross-entropy \
  "--loss cross-entropy --factors $factors --batch-size 64 --negatives 2048 --negatives-power 0.5 --logq 1 --learning-rate 0.1 --momentum 0 --dropout 0.2 --embedding-dropout 0.2" \
  "loss=cross-entropy,layers=$factors,batch_size=64,n_sample=2048,sample_alpha=0.5,logq=1.0,learning_rate=0.1,momentum=0.0,dropout_p_hidden=0.2,dropout_p_embed=0.2,constrained_embedding=True"
compare bpr-max \
  "--loss bpr-max --factors $factors --batch-size 64 --negatives 2048 --negatives-power 0.3 --learning-rate 0.05 --momentum 0.15 --dropout 0.3 --embedding-dropout 0.5 --bpr-regularization 0.9 --elu 1" \
  "loss=bpr-max,layers=$factors,batch_size=64,n_sample=2048,sample_alpha=0.3,logq=0.0,learning_rate=0.05,momentum=0.15,dropout_p_hidden=0.3,dropout_p_embed=0.5,bpreg=0.9,elu_param=1.0,constrained_embedding=True"
