#!/usr/bin/env bash
# Runs the fuzzers (libFuzzer, with the address sanitizer), one after another. What they need and leave is
# in .build/fuzz: the program, the inputs collected so far, the findings. Ends with 1 where one found
# something.
#
#   scripts/fuzz.sh [--seconds N] [--input FILE] [fuzzer…]
#
#   --seconds N    how long each runs: 60
#   --input FILE   runs one fuzzer with one input, and no more
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

usage="usage: scripts/fuzz.sh [--seconds N] [--input FILE] [fuzzer…]"
seconds=60
input=""
names=()
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds="${2:?$usage}" && shift ;;
    --input) input="${2:?$usage}" && shift ;;
    -*) die "$usage" ;;
    *) names+=("$1") ;;
  esac
  shift
done
[[ "$seconds" =~ ^[1-9][0-9]*$ ]] || die "the seconds must be a number above 0, and not $seconds"
[ -z "$input" ] || [ -r "$input" ] || die "no such file: $input"

scripts/need.sh build

work="$SLUICE_ROOT/.build/fuzz"
program="$work/build/release/fuzz"

# The toolchain has libFuzzer without a main, and does not link it by itself.
build() {
  local resources library
  resources="$(swiftc -print-target-info |
    sed -nE 's/.*"runtimeResourcePath": "(.*)".*/\1/p')"
  library="$(find "$resources/clang/lib" -name "libclang_rt.fuzzer_no_main*$(uname -m).a" | head -n 1)"
  [ -n "$library" ] || die "this Swift toolchain has no libFuzzer (libclang_rt.fuzzer_no_main)"
  SLUICE_FUZZING=1 with_scratch swift build -c release --product fuzz --scratch-path "$work/build" \
    --sanitize address -Xswiftc -use-ld=lld -Xlinker "$library" -Xlinker -lstdc++
}

# Files of the collections beside the checkout, behind the bytes that choose the usual ways. Their folder is
# named by SLUICE_CORPORA, and need not be there.
seed_from_corpora() {
  local corpora="${SLUICE_CORPORA:-$SLUICE_ROOT/../shared/corpora}" seeds="$1" file
  for file in "$corpora"/csv-spectrum/csvs/*.csv; do
    [ -f "$file" ] || continue
    { head -c 9 /dev/zero; cat "$file"; } >"$seeds/csv/$(basename "$file")"
    { head -c 4 /dev/zero; cat "$file"; } >"$seeds/inspector/$(basename "$file")"
  done
  for file in "$corpora"/xlsx/*.xlsx; do
    [ -f "$file" ] || continue
    cp "$file" "$seeds/xlsx/$(basename "$file")"
  done
}

# fuzz NAME [ARGUMENT…]: the fuzzer with libFuzzer's own arguments.
# A hang is what takes more than 5 s, and too much memory what is more than 512 MB.
fuzz() {
  local name="$1"
  shift
  SLUICE_FUZZER="$name" TMPDIR="$work/scratch" SWIFT_BACKTRACE=enable=no \
    ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=5" "$program" -timeout=5 -rss_limit_mb=512 \
    -artifact_prefix="$work/findings/$name-" "$@"
}

# run NAME: goes on from what earlier runs have collected.
run() {
  local name="$1" log="$work/$1.log" dictionary=() code=0
  [ ! -f "Tests/Corpora/$name.dict" ] || dictionary=("-dict=Tests/Corpora/$name.dict")
  mkdir -p "$work/collected/$name"
  fuzz "$name" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 "${dictionary[@]}" \
    "$work/collected/$name" "Tests/Corpora/$name" "$work/seeds/$name" >"$log" 2>&1 || code=$?
  sed -nE 's/^stat::(number_of_executed_units|peak_rss_mb): */  \1: /p' "$log" >&2
  if [ "$code" -ne 0 ]; then
    grep -aE 'Fatal error:|ERROR: |Test unit written|is not$|^  ' "$log" | cut -c 1-500 | head -n 20 >&2
    say "$name found something; the whole of it is in $log"
  fi
  return "$code"
}

timed "build" build
mkdir -p "$work/findings" "$work/scratch"
trap 'rm -rf "$work/scratch" "$work/seeds"' EXIT
all=()
while read -r name; do all+=("$name"); done < <("$program" || true)
for name in "${names[@]}"; do
  [[ " ${all[*]} " == *" $name "* ]] || die "no such fuzzer: $name; there are ${all[*]}"
done
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")

if [ -n "$input" ]; then
  [ ${#names[@]} -eq 1 ] || die "name the one fuzzer that the input is for"
  fuzz "${names[0]}" "$input"
  exit
fi
for name in "${all[@]}"; do mkdir -p "$work/seeds/$name"; done
seed_from_corpora "$work/seeds"
failed=()
for name in "${names[@]}"; do
  timed "$name" run "$name" || failed+=("$name")
done
if [ ${#failed[@]} -gt 0 ]; then
  say "findings of ${failed[*]} are in .build/fuzz/findings; CONTRIBUTING.md says what to do with them"
  exit 1
fi
say "nothing found"
