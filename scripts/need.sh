#!/usr/bin/env bash
# Installs what is missing, by apt, as root or through sudo, and says in one line what and why.
# Does nothing when all is there.
#
#   scripts/need.sh GROUP…      build  postgres  browser  tools  promtool  bench  lint
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

# package|why
BUILD=(
  "pkg-config|finds the C libraries"
  "libpq-dev|Postgres client library"
  "libmicrohttpd-dev|HTTP server library"
  "libwslay-dev|WebSocket framing library"
  "zlib1g-dev|compression library"
  "libzstd-dev|compression library"
  "libzip-dev|archive library"
  "libexpat1-dev|XML library"
  "libuchardet-dev|library that guesses encodings"
  "libssl-dev|hashing library"
  "libcurl4-openssl-dev|HTTP client library"
)

missing=()
reasons=()
want_postgres=false
want_promtool=false

# want PACKAGE WHY: the package will be installed.
want() {
  missing+=("$1")
  reasons+=("$1 ($2)")
}

# is_installed PACKAGE
is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The server programs of Postgres 15 or later, wherever they came from.
has_postgres() {
  local folder
  for folder in /usr/lib/postgresql/*/bin; do
    if [ -x "$folder/initdb" ] && [ "$(basename "$(dirname "$folder")")" -ge 15 ]; then
      return 0
    fi
  done
  command -v initdb >/dev/null && command -v postgres >/dev/null
}

need_swift() {
  command -v swift >/dev/null ||
    die "Swift 6.2 or later is needed to build, and Debian has no package of it: see https://www.swift.org/install/"
  local version
  version="$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)"
  local major="${version% *}" minor="${version#* }"
  if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    die "Swift 6.2 or later is needed to build; this one is ${version/ /.}: see https://www.swift.org/install/"
  fi
}

need_group() {
  local entry
  case "$1" in
    build)
      need_swift
      for entry in "${BUILD[@]}"; do
        is_installed "${entry%%|*}" || want "${entry%%|*}" "${entry#*|}"
      done
      ;;
    postgres)
      if ! has_postgres; then
        want_postgres=true
        want postgresql "the database that is started privately; no cluster is made"
      fi
      command -v setpriv >/dev/null || want util-linux "runs Postgres as an ordinary user"
      ;;
    browser)
      if [ -z "${SLUICE_CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
        want chromium "the dashboard is tested in a real browser"
      fi
      if command -v dpkg-query >/dev/null; then
        is_installed fonts-dejavu-core || want fonts-dejavu-core "letters for the browser"
      fi
      ;;
    tools)
      command -v curl >/dev/null || want curl "sends files as a caller would"
      python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        want python3 "runs fixtures and end-to-end tests, 3.11 or later"
      python3 -c 'import venv, ensurepip' 2>/dev/null || want python3-venv "keeps the tests' Python parts apart"
      ;;
    promtool)
      # Debian has it only in the package of the whole server, which we do not want to run.
      command -v promtool >/dev/null || [ -x .build/tools/promtool ] || want_promtool=true
      ;;
    bench)
      command -v pgloader >/dev/null || want pgloader "a contender in the benchmark"
      [ -x /usr/bin/time ] || want time "reads the memory of the contenders"
      ;;
    lint)
      command -v shellcheck >/dev/null || want shellcheck "reads the shell scripts"
      ;;
    *) die "no such group: $1" ;;
  esac
}

updated=false
update_lists() {
  $updated || as_root apt-get -qq -o DPkg::Lock::Timeout=300 update
  updated=true
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
}

# Debian's server package makes and starts a cluster of its own, on port 5432: not on our account.
# Where postgresql-common is there already, its owner has decided on that, and it stays as it is.
install_postgres_common() {
  is_installed postgresql-common && return 0
  apt_install postgresql-common
  local conf=/etc/postgresql-common/createcluster.conf
  as_root sed -i -E 's/^#?[[:space:]]*create_main_cluster[[:space:]]*=.*/create_main_cluster = false/' "$conf"
  grep -q '^create_main_cluster = false' "$conf" ||
    echo 'create_main_cluster = false' | as_root tee -a "$conf" >/dev/null
}

install_missing() {
  command -v apt-get >/dev/null ||
    die "missing: ${missing[*]}; there is no apt-get here, so please install them yourself"
  as_root true || die "missing: ${missing[*]}; neither root nor sudo without a password: apt-get install ${missing[*]}"
  local list
  list="$(printf '%s, ' "${reasons[@]}")"
  say "installs with apt: ${list%, }"
  update_lists
  if $want_postgres; then
    install_postgres_common
  fi
  apt_install "${missing[@]}"
}

# promtool alone, out of Debian's package, into .build/tools: no service comes with it.
fetch_promtool() {
  say "fetches promtool out of Debian's package prometheus into .build/tools (checks metrics and alert rules)"
  local folder
  folder="$(mktemp -d "${TMPDIR:-/tmp}/sluice-need.XXXXXX")"
  (
    cd "$folder"
    apt-get -qq download prometheus 2>/dev/null || { update_lists && apt-get -qq download prometheus; }
    dpkg-deb -x prometheus_*.deb .
  ) || { rm -rf "$folder"; die "promtool could not be fetched"; }
  mkdir -p .build/tools
  install -m 755 "$folder/usr/bin/promtool" .build/tools/promtool
  rm -rf "$folder"
}

[ $# -gt 0 ] || die "usage: scripts/need.sh GROUP…"
for group in "$@"; do
  need_group "$group"
done
if [ ${#missing[@]} -gt 0 ]; then
  install_missing >&2
fi
if $want_promtool; then
  fetch_promtool >&2
fi
