#!/usr/bin/env bash
# Sluice beside others; see scripts/bench.py for the sections and options. Where more than reading is measured,
# it starts a throw-away Postgres for all of them.
#
#   SLUICE_BENCH_ROWS=1000000  SLUICE_BENCH_ROUNDS=3  SLUICE_BENCH_QUICK=1 (leaves the 10M rows out)
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/postgres.sh
source "$SLUICE_ROOT/scripts/postgres.sh"

work=""
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  local code=$?
  # A second signal (make passes on its own) must not end this half-way.
  trap '' INT TERM HUP
  trap - EXIT
  postgres_stop
  if [ -n "$work" ]; then
    rm -rf "$work"
  fi
  exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# wants NAME WORD…: whether NAME is among the words.
wants() {
  local name="$1" word
  shift
  for word in "$@"; do
    [ "$word" = "$name" ] && return 0
  done
  return 1
}

needs_postgres=true
if wants --reading "$@" && ! wants --speed "$@" && ! wants --memory "$@" && ! wants --xlsx "$@" \
  && ! wants --merge "$@"; then
  needs_postgres=false
fi

scripts/need.sh build tools
if $needs_postgres; then
  scripts/need.sh postgres
fi
scripts/need.sh bench
scripts/venv.sh bench
timed "release build" scripts/build.sh

work="$(mktemp -d "${SLUICE_BENCH_FOLDER:-${TMPDIR:-/tmp}}/sluice-bench.XXXXXX")"
chmod 711 "$work"
if $needs_postgres; then
  # The same server for all contenders, as a small production server would be set. fsync stays on.
  settings=(shared_buffers=1GB max_wal_size=4GB checkpoint_timeout=15min maintenance_work_mem=256MB
    work_mem=64MB wal_compression=on log_min_messages=fatal)
  # Those of BENCH_POSTGRES ("wal_compression=lz4 …") come last, and count.
  read -r -a others <<<"${BENCH_POSTGRES:-}"
  settings+=("${others[@]}")
  postgres_start "$work/pg" "${settings[@]}"
  export SLUICE_BENCH_SETTINGS="${settings[*]}"
fi
.venv-bench/bin/python scripts/bench.py --work "$work" "$@"
