#!/usr/bin/env bash
# Sluice, psql and pgloader side by side on one throw-away Postgres; see scripts/bench.py for the options.
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

scripts/need.sh build postgres tools bench
timed "release build" scripts/build.sh

work="$(mktemp -d "${SLUICE_BENCH_FOLDER:-${TMPDIR:-/tmp}}/sluice-bench.XXXXXX")"
chmod 711 "$work"
# The same server for all contenders, as a small production server would be set. fsync stays on.
settings=(shared_buffers=1GB max_wal_size=4GB checkpoint_timeout=15min maintenance_work_mem=256MB
  work_mem=64MB wal_compression=on log_min_messages=fatal)
postgres_start "$work/pg" "${settings[@]}"
export SLUICE_BENCH_SETTINGS="${settings[*]}"
python3 scripts/bench.py --work "$work" "$@"
