#!/usr/bin/env bash
# The checks that are too long for every commit: each fuzz target ten minutes, the fits under the thread sanitizer, all tests
# under the address and undefined-behaviour sanitizers, every model that mpirun can divide on 1 to 4 processes, the copy task. Prints a Markdown summary for docs/reliability.md, "Last result".
# Usage: scripts/check-long.sh [--minutes N]    N minutes for each fuzz target (default 10; 32 targets, two at a time: 2.7 hours)
set -uo pipefail
cd "$(dirname "$0")/.."

minutes=10
if [ "${1:-}" = --minutes ]; then
  minutes=${2:?--minutes needs a number}
elif [ $# -gt 0 ]; then
  echo "check-long: unknown argument '$1'; usage: scripts/check-long.sh [--minutes N]" >&2
  exit 2
fi
scripts/setup.sh --tests || exit 1

out=build/check-long
mkdir -p "$out"
jobs=$(nproc)
failed=0
rows=()

# step NAME LOG COMMAND...: runs it, notes time and result.
step() {
  local name=$1 log=$out/$2.log began=$SECONDS result=ok
  shift 2
  echo "check-long: $name ..." >&2
  "$@" >"$log" 2>&1 || { result="failed, see $log"; failed=1; }
  local tests
  tests=$(sed -n 's/^.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*$/\2 tests, \1 failed/p' "$log" | tail -1)
  rows+=("| $name | $(((SECONDS - began + 59) / 60)) | ${tests:+$tests: }$result |")
}

# preset NAME TARGETS REGEX: builds targets of a sanitizer's preset ("all" = everything) and runs the tests that match.
preset() {
  cmake --preset "$1" && cmake --build "build/$1" --parallel "$jobs" --target $2 &&
    ctest --preset "$1" --parallel "$jobs" -R "$3"
}

# Torch is not compiled with the sanitizer, and reports of its own threads would say nothing of akin's.
export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1"
targets=$(sed -n '/kTargets = {/,/^  };/s/^ *{"\([a-z_]*\)".*/\1/p' fuzz/targets.cc | wc -l)
step "fuzz targets, $minutes minutes each" fuzz scripts/fuzz.sh --seconds $((minutes * 60 * targets / 2)) --table
step "thread sanitizer: fits of every model, optimizers, parallel loops" tsan \
  preset tsan "contract_test models_test optim_test linalg_test base_test" \
  "Contract|Parallel|Hogwild|Optimizer|Minimize|EveryModel|Threads|Als|Bpr|Warp|Sgns|Word2Vec|Prod2Vec|Doc2Vec|Ncf|Gmf|Mlp|Svd|Nmf|Slim|Ease|Knn|SlopeOne"
step "all tests, address and undefined-behaviour sanitizers" asan preset asan all .
step "copy task over 100 steps, rnn against lstm" copy_task bash -c \
  "cmake --preset dev && cmake --build build/dev --parallel $jobs --target akin && bench/quality/copy_task.py build/dev/akin"
step "models on 1 to 4 processes, the same bits" mpi bash -c \
  "cmake --preset dev && cmake --build build/dev --parallel $jobs --target akin && tests/mpi/all_models.py build/dev/akin"

echo
echo "$(date +%F), $(git rev-parse --short HEAD), $(nproc) cores:"
echo
echo "| check | minutes | result |"
echo "|---|---|---|"
printf '%s\n' "${rows[@]}"
echo
grep '^|' "$out/fuzz.log"
exit $failed
