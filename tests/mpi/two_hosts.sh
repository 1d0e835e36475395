#!/usr/bin/env bash
# akin on two hosts, shown on one machine: two network namespaces with host names of their own, joined by a pair of virtual
# network cards, so that Open MPI takes real TCP. Trains als and bpr with a rank on each host, compares the model with that of
# one process, and reads both host names in a refusal. Needs root, mpirun, ip and unshare; exits 77 where something is missing.
# Usage: tests/mpi/two_hosts.sh [AKIN]
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
akin=$(realpath "${1:-${AKIN:-$root/build/dev/akin}}")

skip() { echo "two_hosts: skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in mpirun ip unshare python3; do command -v "$tool" >/dev/null || skip "needs $tool"; done
[ -e "$(dirname "$akin")/libakin_mpi.so" ] || skip "needs libakin_mpi.so beside $akin (-DAKIN_MPI=ON)"

# Names and a subnet (of 198.18.0.0/15, reserved for tests) that a second run at the same time does not share.
a=akin-a-$$ b=akin-b-$$
net=198.18.$(($$ % 256))
work=$(mktemp -d)
cleanup() {
  ip netns delete "$a" 2>/dev/null || true  # and with it the cards
  ip netns delete "$b" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
{
  ip netns add "$a" && ip netns add "$b" &&
    ip link add name card netns "$a" type veth peer name card netns "$b" &&
    ip -n "$a" address add "$net.1/24" dev card && ip -n "$b" address add "$net.2/24" dev card &&
    for host in "$a" "$b"; do ip -n "$host" link set lo up && ip -n "$host" link set card up || exit 1; done
} 2>"$work/reason" || skip "network namespaces cannot be made: $(head -1 "$work/reason")"

# In the place of ssh: runs a command on the host of this address.
cat >"$work/rsh" <<EOF
#!/bin/bash
case \$1 in *.1) host=$a ;; *) host=$b ;; esac
shift
exec ip netns exec \$host unshare --uts bash -c "hostname \$host; \$*"
EOF
chmod +x "$work/rsh"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
options=(--mca plm_rsh_agent "$work/rsh" --mca oob_tcp_if_include "$net.0/24" --mca btl_tcp_if_include "$net.0/24"
  --mca btl self,tcp)
# Runs mpirun on the first host with the options of its ranks.
on_hosts() {
  ip netns exec "$a" unshare --uts bash -c 'hostname "$0"; exec mpirun "$@"' "$a" "${options[@]}" "$@" </dev/null
}

cd "$work"
python3 -B - "$root/tests/e2e" <<'EOF'
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from harness import csv_text, tiny_events
pathlib.Path("events.csv").write_text(csv_text(tiny_events(users=200, items=400)))
EOF
"$akin" import csv events.csv -o events.data --quiet >/dev/null

hosts=$(on_hosts --host "$net.1,$net.2" -n 2 hostname | sort | paste -sd ' ')
[ "$hosts" = "$a $b" ] || { echo "two_hosts: the ranks run on '$hosts'"; exit 1; }
for model in als bpr; do
  train=("$akin" train "$model" -d events.data --factors 16 --epochs 5 --quiet)
  "${train[@]}" -o one >/dev/null
  on_hosts --host "$net.1,$net.2" -n 2 "${train[@]}" -o two >/dev/null
  python3 -B - "$root/tests/e2e" <<'EOF'
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from test_resume import tensors
assert tensors(pathlib.Path("one")) == tensors(pathlib.Path("two")), "the models differ"
EOF
  echo "two_hosts: $model: the same bits on two hosts as in one process"
done

train=("$akin" train als -d events.data -o wrong --factors)
if on_hosts --host "$net.1" -n 1 "${train[@]}" 8 : --host "$net.2" -n 1 "${train[@]}" 9 >out 2>&1; then
  echo "two_hosts: ranks with different command lines were not refused"
  exit 1
fi
grep "akin: error: .* at rank 1 on $b, .* at rank 0 on $a" out || { cat out; exit 1; }
