#!/usr/bin/env bash
# Installs what is missing, builds akin with its tests and runs them all. Works on a fresh Debian 12 machine.
# What scripts/demo.sh built is not built again: both use build/release.
# Tests that need the research data sets look for $AKIN_DATA or ../shared/data and are reported as skipped without them.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh --tests

started=$SECONDS
scripts/check_layers.py
scripts/check_format.sh
cmake --preset release -DAKIN_BUILD_TESTS=ON >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
rm -f build-configure.log
cmake --build --preset release --parallel "$(nproc)"
echo "test.sh: built in $((SECONDS - started)) s"
ctest --preset release --parallel "$(nproc)"
log=build/release/Testing/Temporary/LastTest.log  # what all tests said

# Readers and containers once more under the sanitizers, then two minutes of damaged inputs for all of them.
fuzz_started=$SECONDS
cmake --preset fuzz >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
rm -f build-configure.log
cmake --build --preset fuzz --parallel "$(nproc)"
echo "test.sh: built for the fuzzer in $((SECONDS - fuzz_started)) s"
ctest --preset fuzz --parallel "$(nproc)" --progress
scripts/fuzz.sh --seconds 120 --seed 1  # a fixed seed: runs differ as little as time limits allow

# A shard of a test program says how many tests it ran; every other entry of ctest is one test.
awk -v seconds="$((SECONDS - started))" '
  /^\[  PASSED  \]/ { passed += $4; shards++ }
  /^\[  SKIPPED \]/ { skipped += $4 }
  /^Test (Passed|Skipped)/ { entries++; if ($2 == "Skipped.") { skipped++; entries-- } }
  said { if (!known[$0]++) print "skipped: " $0; said = 0 }
  /: Skipped$/ { said = 1 }
  END { printf "test.sh: %d tests passed, %d skipped, in %d s after set-up\n", passed + entries - shards, skipped, seconds }' "$log"
