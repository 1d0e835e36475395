#!/usr/bin/env bash
# Feeds damaged inputs to everything that reads files or flags, under clang's address and undefined-behaviour sanitizers, two
# targets at a time. Inputs that akin failed on are kept in build/fuzz/crashes. Fails if there is one.
# Usage: scripts/fuzz.sh [--seconds N] [--target T] [--seed N] [--table]
#   --seconds N   of all targets together, in wall time (default 120)
#   --target T    only this target; `build/fuzz/fuzz/fuzz --list` names all
#   --seed N      the same random numbers in each run, so that the same program meets the same inputs; default: others each time
#   --table       print the summary as a Markdown table
# Needs scripts/setup.sh --tests. See docs/reliability.md.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=120
only=""
seed=0  # libFuzzer takes another one each time
table=no
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    --target) only=${2:?--target needs a name}; shift 2 ;;
    --seed) seed=${2:?--seed needs a number}; shift 2 ;;
    --table) table=yes; shift ;;
    *) echo "fuzz: unknown argument '$1'; see the head of scripts/fuzz.sh" >&2; exit 2 ;;
  esac
done

build=build/fuzz
mkdir -p "$build"
cmake --preset fuzz >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" --target fuzz fuzz_replay --parallel "$(nproc)"
fuzz=$PWD/$build/fuzz/fuzz

work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" akin-fuzz.XXXXXX)
trap 'rm -rf "$work"' EXIT
crashes=$build/crashes
mkdir -p "$crashes"

"$fuzz" --list | awk -v only="$only" 'only == "" || $1 == only' >"$work/targets"
count=$(wc -l <"$work/targets")
[ "$count" -gt 0 ] || { echo "fuzz: there is no target '$only'; there are: $("$fuzz" --list | cut -d' ' -f1 | xargs)" >&2; exit 2; }
parallel=$((count < 2 ? 1 : 2))
share=$((seconds * parallel / count))
[ "$share" -ge 1 ] || share=1

# One target: what it finds beyond the corpus is kept in build/fuzz/found, so that the next run goes on from there.
run_one() {
  local target=$1; shift
  local found=$build/found/$target log=$work/$target.log status=0 began=$SECONDS malloc_limit=512 leaks=1
  # libhdf5 asks for as much as a file says, takes it well that there is not so much, and loses some bytes on damaged files.
  if [ "$target" = keras ]; then malloc_limit=1048576; leaks=0; fi
  mkdir -p "$found" "$work/tmp-$target"
  # A limit of memory and of a single allocation shows sizes that are believed though the bytes are not there.
  TMPDIR=$work/tmp-$target ASAN_OPTIONS=detect_leaks=$leaks:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1 ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-14 || true) \
    timeout -k 5 $((share + 120)) "$fuzz" "$target" -max_total_time="$share" -seed="$seed" -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb="$malloc_limit" \
    -max_len=65536 -len_control=50 -detect_leaks=$leaks -print_final_stats=1 -artifact_prefix="$crashes/$target-" "$found" "$@" >"$log" 2>&1 || status=$?
  rm -rf "$work/tmp-$target"
  # HDF5 is read in a child process, whose faults are no fault of the target (base/isolated.h).
  if [ "$status" -eq 0 ]; then find "$crashes" -name "$target-crash-*" -newer "$work/targets" -delete; fi
  local runs features
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  features=$(sed -n 's/.*ft: \([0-9]*\).*/\1/p' "$log" | tail -1)
  local result=none
  if [ "$status" -ne 0 ]; then
    result=$(sed -n -e 's/^.*\(SUMMARY: .*\)$/\1/p' -e 's/^\(FAULT: .*\)$/\1/p' "$log" | head -1 | cut -c1-110)
    [ -n "$result" ] || result="ended with $status"
    cp "$log" "$crashes/$target.log"
  fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$target" "$((SECONDS - began))" "${runs:-0}" "${features:-0}" "$status" "$result" >"$work/$target.result"
}
export -f run_one
export build work crashes fuzz share seed

began=$SECONDS
xargs -P "$parallel" -L 1 bash -c 'run_one "$@"' _ <"$work/targets"

failed=$(awk -F'\t' '$5 != 0' "$work"/*.result | wc -l)
if [ "$table" = yes ]; then
  echo "| target | seconds | inputs | found |"
  echo "|---|---|---|---|"
  sort "$work"/*.result | awk -F'\t' '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $6 }'
else
  sort "$work"/*.result | awk -F'\t' '{ printf "%-20s %5s s %10s inputs %7s features  %s\n", $1, $2, $3, $4, ($5 == 0 ? "ok" : $6) }'
fi
if [ "$failed" -ne 0 ]; then
  echo "fuzz: $failed of $count targets failed; their inputs and logs are in $crashes"
  exit 1
fi
echo "fuzz: $count targets, nothing found, $((SECONDS - began)) s"
