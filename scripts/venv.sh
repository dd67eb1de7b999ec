#!/usr/bin/env bash
# Makes .venv from Tests/requirements.txt, or leaves it alone when it is up to date.
#
#   scripts/venv.sh        for the end-to-end tests
#   scripts/venv.sh bench  .venv-bench from Tests/requirements-bench.txt, for the benchmark
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

case "${1:-}" in
  "") folder=.venv requirements=Tests/requirements.txt why="the end-to-end tests" ;;
  bench) folder=.venv-bench requirements=Tests/requirements-bench.txt why="the benchmark" ;;
  *) die "usage: scripts/venv.sh [bench]" ;;
esac
stamp="$folder/made-from"
state="$(python3 --version) $(sha256sum <"$requirements") $SLUICE_ROOT"
if [ -x "$folder/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
  exit 0
fi
say "makes $folder with the parts named in $requirements (for $why)"
rm -rf "$folder"
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
printf '%s\n' "$state" >"$stamp"
