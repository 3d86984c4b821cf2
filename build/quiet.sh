#!/bin/sh
# Runs the words it is given on a host where nothing else is to be seen, in namespaces of its own:
#   unshare --net --pid --mount --fork --mount-proc sh build/quiet.sh PROGRAM ARGUMENT…
for mount in $(grep nsfs /proc/self/mountinfo | cut -d' ' -f5); do umount -l "$mount" || exit 1; done
mount -t tmpfs tmpfs /run || exit 1
ip link set lo up || exit 1
exec "$@"
