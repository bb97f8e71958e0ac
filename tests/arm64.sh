#!/usr/bin/env bash
# Runs the tests of the kernels as an Arm64 program; where the processor is another one, under qemu-user, with Arm64's C
# and C++ libraries (Debian: qemu-user-static, libstdc++6-arm64-cross).
set -euo pipefail
cd "$(dirname "$0")/VaeCf.Kernels.Tests"
dotnet publish -c Release -r linux-arm64 --self-contained -o bin/arm64 -v q
if [ "$(uname -m)" = aarch64 ]; then
  exec bin/arm64/VaeCf.Kernels.Tests
fi
# The emulator does not see code that is written through another mapping of its memory, and takes what the garbage
# collector reserves.
DOTNET_EnableWriteXorExecute=0 DOTNET_GCHeapHardLimit=80000000 \
  exec qemu-aarch64-static -L /usr/aarch64-linux-gnu bin/arm64/VaeCf.Kernels.Tests
