#!/usr/bin/env bash
# Installs what is missing, builds akin and runs its main job on a synthetic data set: from raw files to recommendations.
# Works on a fresh Debian 12 machine. Arguments go to `akin demo`; see `build/release/akin demo --help`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
cmake --preset release >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
rm -f build-configure.log
cmake --build --preset release --target akin --parallel "$(nproc)"
exec build/release/akin demo "$@"
