#!/usr/bin/env bash
# Installs the Debian packages that akin needs to build and run; with --tests also what its tests need. Safe to run again.
# Needs root, or sudo. Usage: scripts/setup.sh [--tests]
set -euo pipefail

packages=(
  g++ cmake ninja-build               # toolchain
  libhwy-dev                          # SIMD kernels with run-time dispatch
  libsimdjson-dev nlohmann-json3-dev  # JSON in; JSON out
  libtomlplusplus-dev                 # --config files
  libcli11-dev libfmt-dev             # command line; messages
  zlib1g-dev libzstd-dev libxxhash-dev  # .gz, .zst; checksums
  libjpeg62-turbo-dev libpng-dev libwebp-dev libgif-dev  # pictures
  libarchive-dev                      # pictures in tar and zip files
  libexpat1-dev                       # XML of xlsx files
  libicu-dev                          # words and lower case of every language
  libstemmer-dev                      # stems of words (Snowball)
  libre2-dev                          # regular expressions that cannot hang
  libssl-dev                          # HMAC-SHA-256 of pseudonyms
  libboost-dev                        # distributions of the significance tests (headers only)
  libeigen3-dev                       # eigenvectors; second-order minimizers; oracle of the solvers' tests
  libtorch-dev                        # neural nets: tensors, gradients (not needed with -DAKIN_NN=OFF)
  libopenblas0-pthread                # their matrix products, 10 to 25 times as fast as with the reference BLAS
  libopenmpi-dev openmpi-bin          # several machines (not needed with -DAKIN_MPI=OFF)
  libhdf5-dev                         # weights in the files of Keras (likewise)
)
if [ "${1:-}" = --tests ]; then
  packages+=(
    libgtest-dev                      # unit and contract tests
    python3 git                       # tests of the program, of the recipe of CONTRIBUTING.md; scripts/check_layers.py
    iproute2                          # two hosts on one machine (tests/mpi/two_hosts.sh)
    clang-format                      # scripts/check_format.sh
    clang-14 libclang-rt-14-dev llvm-14  # scripts/fuzz.sh: compiler, libFuzzer and sanitizers, stack traces
  )
elif [ $# -gt 0 ]; then
  echo "setup: unknown argument '$1'; usage: scripts/setup.sh [--tests]" >&2
  exit 2
fi
# npm and node bundle the charts of reports; any version that is there already will do.
command -v npm >/dev/null && command -v node >/dev/null || packages+=(npm)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run this as root, or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
