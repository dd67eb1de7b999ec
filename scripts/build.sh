#!/usr/bin/env bash
# Builds .build/release/sluice. The one place that knows the flags, so that nothing is built twice.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

with_scratch swift build -c release --static-swift-stdlib --product sluice
