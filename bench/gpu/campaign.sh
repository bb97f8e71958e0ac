#!/usr/bin/env bash
# Measures on a GPU whatever this project says of GPUs, on a Linux machine with an NVIDIA driver and without .NET:
#
#   campaign.sh OUT [MINUTES]        (9 minutes by default)
#
# Each part has a limit of its own and its log in the folder OUT, and none stops the rest. It ends within its minutes;
# its last words are a table beside the goals, goals.md. pack.sh makes the folder that it runs in.
set -u
[ $# -ge 1 ] || { echo "usage: campaign.sh OUT [MINUTES]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" || exit 2
out=$(cd "$1" && pwd)
total=$((${2:-9} * 60))
end=$((SECONDS + total - 15))

# part NAME SHARE COMMAND...: runs for at most SHARE hundredths of the time, and no longer than there is left.
part() {
  local name=$1 limit=$(($2 * total / 100)) left=$((end - SECONDS)) start=$SECONDS code words
  shift 2
  [ "$left" -ge "$limit" ] || limit=$left
  if [ "$limit" -lt 5 ]; then
    echo "$name: left out, no time"
    return
  fi
  timeout -k 5 "$limit" "$@" >"$out/$name.out" 2>"$out/$name.log"
  code=$?
  words="done"
  [ "$code" -eq 0 ] || words="code $code: $(cat "$out/$name.log" "$out/$name.out" | grep -m 1 -iE 'error|fail' || tail -n 1 "$out/$name.log")"
  [ "$code" -ne 124 ] || words="stopped after its $limit s"
  echo "$name: $((SECONDS - start)) s, $words"
}

# bench NAME SHARE ARGUMENT...: a verb of the bench, as a page and as JSON.
bench() {
  local name=$1 share=$2
  shift 2
  part "$name" "$share" "$here/VaeCf.Bench" "$@" --device cuda --json --out "$out/$name.md"
  mv "$out/$name.out" "$out/$name.json" 2>/dev/null
}

part info 4 "$here/vaecf" info
part tests 25 "$here/VaeCf.Gpu.Tests" cuda
bench modules 8 modules
bench step-500-single 12 step --batch 500 --products single
bench step-500-bf16 12 step --batch 500 --products bf16
bench step-24576-bf16 12 step --batch 24576 --steps 12 --products bf16
bench ladder 8 ladder gemm --m 4096 --n 20108 --k 600
bench latency 6 latency --calls 1000
bench roofline 8 roofline
bench step-500-tf32 10 step --batch 500 --products tf32
bench step-24576-tf32 10 step --batch 24576 --steps 12 --products tf32
bench step-24576-single 10 step --batch 24576 --steps 12 --products single
bench evaluate 6 evaluate
for megabytes in 6 12 25 40; do
  bench "blocks-$megabytes" 4 step --batch 500 --products bf16 --block-mb "$megabytes"
done
bench converge 10 converge --products bf16 --loss 630 --epochs 6
"$here/VaeCf.Bench" goals "$out" --out "$out/goals.md"
