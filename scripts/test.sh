#!/usr/bin/env bash
# Runs the tests on a Postgres that is made for them and removed again, also on Ctrl-C.
#
#   scripts/test.sh [unit] [e2e] [-- arguments for pytest]      both without a word
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/postgres.sh
source "$SLUICE_ROOT/scripts/postgres.sh"

unit=false
e2e=false
while [ $# -gt 0 ]; do
  case "$1" in
    unit) unit=true ;;
    e2e) e2e=true ;;
    --) shift && break ;;
    *) die "usage: scripts/test.sh [unit] [e2e] [-- arguments for pytest]" ;;
  esac
  shift
done
if ! $unit && ! $e2e; then
  unit=true e2e=true
fi

work=""
# shellcheck disable=SC2317 # called by the trap, and through timed
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

# shellcheck disable=SC2317
run_unit() {
  swift build --build-tests || return
  # In groups, one after the other: whoever talks to others would wait for those that compute for seconds
  # on end, and for those that keep the databases, as all share a few threads.
  local computing='^(ReadingTests|ValidationTests)\.' databases='^IntegrationTests\.' code=0
  swift test --skip-build --skip "$computing" --skip "$databases" \
    --xunit-output "$work/swift.xml" || code=$?
  swift test --skip-build --filter "$databases" \
    --xunit-output "$work/swift-databases.xml" || code=$?
  swift test --skip-build --filter "$computing" \
    --xunit-output "$work/swift-computing.xml" || code=$?
  return "$code"
}

# shellcheck disable=SC2317
run_e2e() {
  .venv/bin/python -m pytest Tests/EndToEndTests -c Tests/EndToEndTests/pytest.ini \
    --junit-xml="$work/pytest.xml" --basetemp="$work/pytest" "$@"
}

groups=(build postgres tools promtool)
if $e2e; then
  groups+=(browser)
fi
timed "what is needed" scripts/need.sh "${groups[@]}"

PATH="$PATH:$SLUICE_ROOT/.build/tools"

work="$(mktemp -d "${TMPDIR:-/tmp}/sluice-test.XXXXXX")"
chmod 711 "$work"
export SLUICE_TEST_FOLDER="$work"
# What the tools and the tests put down and leave goes with the folder.
mkdir -m 1777 "$work/tmp"
export TMPDIR="$work/tmp"
# What is lost when the machine fails is lost with the folder anyway: no fsync. Postgres itself may be
# killed all the same, since the files outlive it.
timed "throw-away Postgres" postgres_start "$work/pg" fsync=off synchronous_commit=off \
  full_page_writes=off max_connections=300 shared_buffers=256MB max_wal_size=2GB

runners=()
if $unit; then
  code=0
  timed "Swift tests" run_unit || code=$?
  runners+=("swift=$code")
fi
if $e2e; then
  timed "Python parts" scripts/venv.sh
  code=0
  timed "release build" scripts/build.sh || code=$?
  if [ "$code" -eq 0 ]; then
    timed "debug build" scripts/build.sh debug || code=$?
  fi
  runners+=("build=$code")
  if [ "$code" -eq 0 ]; then
    timed "fixtures" scripts/fixtures.sh sales-10k sales-100k sales-100k-bad
    timed "end-to-end tests" run_e2e "$@" || code=$?
    runners+=("pytest=$code")
  fi
fi
code=0
python3 scripts/count_tests.py "$work" "${runners[@]}" || code=$?
say "all in $SECONDS s"
exit "$code"
