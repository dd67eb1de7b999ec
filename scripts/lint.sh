#!/usr/bin/env bash
# Reads everything without running it: format, layers, shell, Python, boards, alert rules, compose.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

scripts/need.sh lint promtool
PATH="$PATH:$SLUICE_ROOT/.build/tools"
failed=0

# check NAME COMMAND…: all checks run, also after one that failed.
check() {
  local name="$1"
  shift
  if "$@"; then
    say "$name: clean"
  else
    say "$name: see above"
    failed=1
  fi
}

# shellcheck disable=SC2317 # called through check
python_compiles() {
  python3 -c '
import pathlib, sys
bad = 0
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        try:
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except SyntaxError as error:
            print(error, path, file=sys.stderr)
            bad = 1
sys.exit(bad)' Fixtures scripts Tests
}

# What the program carries is a copy of the fixture.
# shellcheck disable=SC2317
copies_are_equal() {
  local name
  for name in demo-schema.sql sales-tiny.csv; do
    cmp "Fixtures/$name" "Sources/sluice/Resources/$name" || return 1
  done
}

# shellcheck disable=SC2317
boards_are_json() {
  local board
  for board in dashboards/*.json; do
    python3 -m json.tool "$board" >/dev/null || { echo "$board is no JSON" >&2; return 1; }
  done
}

# shellcheck disable=SC2317
compose_config() {
  if command -v docker-compose >/dev/null; then
    POSTGRES_PASSWORD=lint docker-compose -f compose/compose.yml config --quiet
  elif docker compose version >/dev/null 2>&1; then
    POSTGRES_PASSWORD=lint docker compose -f compose/compose.yml config --quiet
  else
    say "compose: left out, as neither docker-compose nor docker is here"
  fi
}

check "swift format" swift format lint --strict --recursive --parallel Sources Tests Package.swift
check "layers and tests" python3 scripts/check_layers.py
check "shellcheck" shellcheck --external-sources scripts/*.sh .ci/run
check "python" python_compiles
check "copies" copies_are_equal
check "boards" boards_are_json
check "alert rules" promtool check rules dashboards/alerts.yml
check "alert tests" promtool test rules dashboards/alerts.test.yml
check "prometheus" promtool check config --syntax-only compose/prometheus.yml
check "compose" compose_config
exit "$failed"
