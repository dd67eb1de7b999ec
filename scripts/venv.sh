#!/usr/bin/env bash
# Makes .venv from Tests/requirements.txt, or leaves it alone when it is up to date.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

requirements=Tests/requirements.txt
stamp=.venv/made-from
state="$(python3 --version) $(sha256sum <"$requirements") $SLUICE_ROOT"
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
  exit 0
fi
say "makes .venv with the parts named in $requirements (for the end-to-end tests)"
rm -rf .venv
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
printf '%s\n' "$state" >"$stamp"
