#!/usr/bin/env bash
# als, bpr and logistic-mf on one and two ranks with 20 million synthetic events; README.md says what is measured.
# Usage: bench/peers/mpi/run.sh [AKIN] [MODEL...]     (Debian: openmpi-bin, iproute2, time; root for the line over TCP)
# SPARK=1 compares als with Spark instead (openjdk-17-jre-headless, python3-venv).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
. "$root/tests/mpi/hosts.sh"
akin=$(realpath "${1:-$root/build/release/akin}")
work=${WORK:-/tmp/akin-mpi}
mkdir -p "$work"
cd "$work"
if ! [ -s events.data ]; then
  "$akin" synthetic -o raw --events "${EVENTS:-20000000}" --users 200000 --items 50000 --no-images --review-words 0 \
    --session-share 0 --quiet >/dev/null
  "$akin" import amazon raw/reviews.json -o events.data --quiet >/dev/null
  rm -r raw
fi
if [ "${SPARK:-0}" = 1 ]; then
  command -v java >/dev/null || skip "needs java (openjdk-17-jre-headless)"
  if ! [ -x venv/bin/python ]; then
    python3 -m venv venv
    venv/bin/pip install --quiet numpy==2.4.6 pyarrow==26.0.1 pyspark==4.3.0 'pandas<3'
  fi
  spark() { venv/bin/python -B "$here/spark_als.py" "$@"; }
  export ITERATIONS=${ITERATIONS:-1,3}
  spark akin "$akin" events.data
  spark spark events.data "${ITERATIONS%,*}"
  spark spark events.data "${ITERATIONS#*,}"
  spark table events.data
  exit
fi
if [ "$(id -u)" -eq 0 ]; then
  make_hosts
  export HOSTS_MPIRUN=$hosts_mpirun HOST_NAMES="$host_a $host_b" HOST_ADDRESSES="$address_a,$address_b"
fi
python3 -B "$here/measure.py" "$akin" events.data "${@:2}"
