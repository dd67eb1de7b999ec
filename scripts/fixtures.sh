#!/usr/bin/env bash
# Makes files in Fixtures/generated that are not there yet, or were made by another generator.
#
#   scripts/fixtures.sh NAME…   sales-10k  sales-100k  sales-100k-bad  sales-1m  sales-10m  sales-<rows>
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

folder=Fixtures/generated
mkdir -p "$folder"
version="$(sha256sum <Fixtures/generate.py | cut -c1-16)"
if [ "$(cat "$folder/version" 2>/dev/null)" != "$version" ]; then
  rm -f "$folder"/sales-*.csv
  printf '%s\n' "$version" >"$folder/version"
fi

# rows_of 10k → 10000
rows_of() {
  local text="$1"
  text="${text/%k/000}"
  text="${text/%m/000000}"
  [[ "$text" =~ ^[0-9]+$ ]] || die "no such fixture: sales-$1"
  printf '%s' "$text"
}

for name in "$@"; do
  file="$folder/$name.csv"
  [ -e "$file" ] && continue
  size="${name#sales-}"
  options=()
  if [ "${size%-bad}" != "$size" ]; then
    size="${size%-bad}"
    options=(--bad-share 0.002 --expect "$folder/$name.rejects.csv")
  fi
  python3 Fixtures/generate.py --rows "$(rows_of "$size")" --newline-share 0.001 "${options[@]}" --out "$file"
done
