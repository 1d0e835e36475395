#!/usr/bin/env bash
# akin on two hosts, shown on one machine (hosts.sh says how): trains als and bpr with a rank on each host, compares the model
# with that of one process, and reads both host names in a refusal. Exits 77 where something is missing.
# Usage: tests/mpi/two_hosts.sh [AKIN]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/hosts.sh"

akin=$(realpath "${1:-${AKIN:-$here/../../build/dev/akin}}")
[ -e "$(dirname "$akin")/libakin_mpi.so" ] || skip "needs libakin_mpi.so beside $akin (-DAKIN_MPI=ON)"
make_hosts
cd "$hosts_work"
export PYTHONPATH=$here/../e2e PYTHONDONTWRITEBYTECODE=1
python3 -c 'from harness import csv_text, tiny_events
open("events.csv", "w").write(csv_text(tiny_events(users=200, items=400)))'
"$akin" import csv events.csv -o events.data --quiet >/dev/null
on_both() { "$hosts_mpirun" --host "$address_a,$address_b" -n 2 "$@" </dev/null; }

names=$(on_both hostname | sort | paste -sd ' ')
[ "$names" = "$host_a $host_b" ] || { echo "two_hosts: the ranks run on '$names'"; exit 1; }
for model in als bpr; do
  train=("$akin" train "$model" -d events.data --factors 16 --epochs 5 --quiet)
  "${train[@]}" -o one >/dev/null
  on_both "${train[@]}" -o two >/dev/null
  python3 -c 'import pathlib; from test_resume import tensors
assert tensors(pathlib.Path("one")) == tensors(pathlib.Path("two")), "the models differ"'
  echo "two_hosts: $model: the same bits on two hosts as in one process"
done

train=("$akin" train als -d events.data -o wrong --factors)
if "$hosts_mpirun" --host "$address_a" -n 1 "${train[@]}" 8 : --host "$address_b" -n 1 "${train[@]}" 9 >out 2>&1; then
  echo "two_hosts: ranks with different command lines were not refused"
  exit 1
fi
grep "akin: error: .* at rank 1 on $host_b, .* at rank 0 on $host_a" out || { cat out; exit 1; }
