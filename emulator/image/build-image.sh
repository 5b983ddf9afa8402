#!/bin/sh
# usage: build-image.sh RANGE_START RANGE_LENGTH EXCLUDES COMMAND [ARGUMENT...]
#
# Unpacks the tar archive that COMMAND writes into ./result/rootfs. That happens inside a user namespace, so that the files belong to
# the ids RANGE_START.. of this machine and to 0.. in a lab's sandbox. EXCLUDES is tar patterns, one a line. COMMAND's standard input
# is never at its end while this script lives. Must run as root.
set -eu
start=$1 length=$2 excludes=$3
shift 3

# Nothing below depends on who may look into the parents of this directory: the unpacking user may not.
chmod 711 .
printf '%s\n' "$excludes" >excludes
mkdir -p result/rootfs temporary
chown "$start:$start" result result/rootfs
mkfifo ready go open image.tar

(
  cd result/rootfs
  exec unshare --user --keep-caps sh -c '
    echo >../../ready
    read -r _ <../../go
    exec setpriv --reuid 0 --regid 0 --clear-groups tar --extract --file - --numeric-owner --same-permissions --xattrs \
      --xattrs-include="*" --exclude-from=../../excludes <../../image.tar
  '
) &
unpacker=$!
read -r _ <ready
echo "0 $start $length" >"/proc/$unpacker/uid_map"
echo "0 $start $length" >"/proc/$unpacker/gid_map"
echo >go

exec 8<>open
# The shells that apt starts know descriptors of one digit only: leave it enough of them.
TMPDIR=$PWD/temporary "$@" >image.tar <open 8<&- 9>&-
wait "$unpacker"
install -d -o "$start" -g "$start" result/rootfs/dev
