#!/bin/bash
# Debian packages that the rig, browser and network tests use. Without root or apt it says so and leaves the machine as
# it is: each test run then prints what it skips.
set -u
packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("${@:2}"); }
need qemu-system-x86_64 qemu-system-x86 ipxe-qemu
need chromium chromium
need ip iproute2
need nft nftables
need busybox busybox-static
need mkfs.vfat dosfstools
need cpio cpio
need udevadm udev
need go golang-go
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || packages+=(golang-golang-x-mod-dev)
if [ "${#packages[@]}" -eq 0 ]; then echo "ci-packages: all there"; exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "ci-packages: skipped (needs root and apt-get); missing: ${packages[*]}"; exit 0
fi
echo "ci-packages: installing ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null || { echo "ci-packages: apt-get update failed; missing: ${packages[*]}"; exit 0; }
for package in "${packages[@]}"; do
  apt-get install -qy --no-install-recommends "$package" >/dev/null 2>&1 || echo "ci-packages: $package could not be installed"
done
