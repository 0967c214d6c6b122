#!/bin/busybox sh
# The guest's first program, in the initramfs: mounts the host's own root, read-only, under a layer of memory, and goes there.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
over9p='trans=virtio,version=9p2000.L,msize=512000,ro,cache=loose'
mount -t 9p -o "$over9p" host /host
mount -t tmpfs -o size=75% tmpfs /rw
mkdir -p /rw/upper /rw/work
mount -t overlay -o lowerdir=/host,upperdir=/rw/upper,workdir=/rw/work overlay /root
mkdir -p /root/lib/modules /root/proc /root/sys /root/dev /root/run
mount -t 9p -o "$over9p" modules /root/lib/modules
mount -t tmpfs tmpfs /root/run
mkdir -p /root/run/rig
mount -t 9p -o "$over9p" guest /root/run/rig
for tree in proc sys dev; do mount --move /$tree /root/$tree; done
exec switch_root /root /bin/bash /run/rig/boot.sh
