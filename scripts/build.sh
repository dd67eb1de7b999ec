#!/usr/bin/env bash
# Builds .build/release/sluice. The one place that knows the flags, so that nothing is built twice.
#
#   scripts/build.sh debug   .build/debug/sluice, which tests can end before and behind each commit
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

case "${1:-release}" in
  release) with_scratch swift build -c release --static-swift-stdlib --product sluice ;;
  debug) with_scratch swift build --product sluice ;;
  *) die "usage: scripts/build.sh [debug]" ;;
esac
