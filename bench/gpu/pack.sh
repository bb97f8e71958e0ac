#!/usr/bin/env bash
# One archive for a Linux machine with an NVIDIA driver and without .NET: the command, the bench and the tests of the
# GPU path, with campaign.sh, which measures all of it. Run in the repository's root.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=artifacts/gpu archive=artifacts/vaecf-gpu.tar.xz
rm -rf "$folder" "$archive"
for project in src/VaeCf.Cli bench/VaeCf.Bench tests/VaeCf.Gpu.Tests; do
  dotnet publish -p:PublishProfile=gpu "$project"
done
cp bench/gpu/campaign.sh "$folder"
find "$folder" \( -name '*.pdb' -o -name '*.xml' \) -delete
tar -C artifacts -c gpu | xz -T 0 -6 >"$archive"
size=$(($(stat -c %s "$archive") / 1000000))
echo "$archive: $size MB; there: tar -xf vaecf-gpu.tar.xz && gpu/campaign.sh OUT"
[ "$size" -le 50 ] || { echo "expected at most 50 MB" >&2; exit 1; }
