# shellcheck shell=bash
# What the scripts have in common. To be sourced, under `set -euo pipefail`.

# The top of the checkout; every script works from there.
SLUICE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export SLUICE_ROOT
cd "$SLUICE_ROOT" || exit 1

# say TEXT…: one line for the person in front of the screen.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die TEXT…: says why, and ends the script with 1.
die() {
  say "$*"
  exit 1
}

# as_root COMMAND…: runs it as root, through sudo where we are someone else; never asks for a password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 126
  fi
}

# timed NAME COMMAND…: runs it and says how long it took. Its exit code is the command's.
timed() {
  local name="$1" start="$SECONDS" code=0
  shift
  say "$name"
  "$@" || code=$?
  if [ "$code" -eq 0 ]; then
    say "$name: done in $((SECONDS - start)) s"
  else
    say "$name: failed with exit code $code after $((SECONDS - start)) s"
  fi
  return "$code"
}

# with_scratch COMMAND…: runs it with a folder of its own for temporary files, and removes that: Swift's package
# manager leaves some in every run. Its exit code is the command's, also where a signal ends it.
with_scratch() (
  scratch="$(mktemp -d "${TMPDIR:-/tmp}/sluice-scratch.XXXXXX")"
  trap 'rm -rf "$scratch"' EXIT
  env TMPDIR="$scratch" "$@"
)
