# Two hosts on one machine, for scripts to source: two network namespaces with host names of their own, joined by a pair of
# virtual network cards, so that Open MPI takes real TCP between them. Needs root, mpirun, ip and unshare.
#
#   make_hosts    makes them, or exits 77 with a message; they are removed at the exit of the script
#   $host_a $host_b       their names, which are also those of the namespaces
#   $address_a $address_b their addresses
#   $hosts_mpirun         mpirun on the first host with all that its ranks need; `--host $address_a,$address_b -n 2 ...`
#   $hosts_work           an empty folder, removed at the exit

skip() { echo "$(basename "$0"): skipped: $*"; exit 77; }

remove_hosts() {
  ip netns delete "$host_a" 2>/dev/null || true  # and with it the cards
  ip netns delete "$host_b" 2>/dev/null || true
  rm -rf "$hosts_work"
}

# A network that another run at the same time does not have: of 198.18.0.0/15, which is reserved for tests.
link_hosts() {
  ip netns add "$host_a" && ip netns add "$host_b" &&
    ip link add name card netns "$host_a" type veth peer name card netns "$host_b" &&
    ip -n "$host_a" address add "$address_a/24" dev card && ip -n "$host_b" address add "$address_b/24" dev card &&
    ip -n "$host_a" link set lo up && ip -n "$host_b" link set lo up &&
    ip -n "$host_a" link set card up && ip -n "$host_b" link set card up
}

make_hosts() {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  for tool in mpirun ip unshare; do command -v "$tool" >/dev/null || skip "needs $tool"; done
  host_a=akin-a-$$ host_b=akin-b-$$
  address_a=198.18.$(($$ % 256)).1 address_b=198.18.$(($$ % 256)).2
  hosts_work=$(mktemp -d)
  trap remove_hosts EXIT
  trap 'exit 130' INT TERM
  link_hosts 2>"$hosts_work/reason" || skip "network namespaces cannot be made: $(head -1 "$hosts_work/reason")"

  # In the place of ssh: runs a command on the host of an address.
  cat >"$hosts_work/rsh" <<EOF
#!/bin/bash
case \$1 in $address_a) host=$host_a ;; *) host=$host_b ;; esac
shift
exec ip netns exec \$host unshare --uts bash -c "hostname \$host; \$*"
EOF
  hosts_mpirun=$hosts_work/mpirun
  cat >"$hosts_mpirun" <<EOF
#!/bin/bash
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
exec ip netns exec $host_a unshare --uts bash -c 'hostname $host_a; exec mpirun "\$@"' mpirun \\
  --mca plm_rsh_agent $hosts_work/rsh --mca oob_tcp_if_include ${address_a%.1}.0/24 \\
  --mca btl self,tcp --mca btl_tcp_if_include ${address_a%.1}.0/24 "\$@"
EOF
  chmod +x "$hosts_work/rsh" "$hosts_mpirun"
}
