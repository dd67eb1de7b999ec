#!/usr/bin/env bash
# What `make run` does: builds, then becomes `sluice demo`. Settings (SLUICE_LISTEN, …) pass through.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

scripts/need.sh build postgres
scripts/build.sh
exec .build/release/sluice demo "$@"
