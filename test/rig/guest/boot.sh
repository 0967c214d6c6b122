#!/bin/bash
# Process 1 of the guest. Brings up udev (the `usb` package hears udev's netlink group, and nothing without it) and the
# rig's shell, and switches the machine off when the shell ends: a guest whose test is gone does not linger.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/pts /dev/shm /sys/fs/cgroup
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ln -sfn /proc/self/fd /dev/fd
read -r cmdline </proc/cmdline
for word in $cmdline; do
  case $word in rig.name=*)
    echo "${word#rig.name=}" >/etc/hostname
    echo "${word#rig.name=}" >/proc/sys/kernel/hostname
    echo -n "${word#rig.name=}" | md5sum | cut -c1-32 >/etc/machine-id
    ;;
  esac
done
# Little write-back: what `cp` has written is then near what the stick has, as with a slow stick and a large file.
echo 2097152 >/proc/sys/vm/dirty_bytes
echo 1048576 >/proc/sys/vm/dirty_background_bytes
ip link set lo up
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add &
/usr/bin/python3 -I /run/rig/shell.py
echo o >/proc/sysrq-trigger
while :; do read -rt 60 <> <(:); done
