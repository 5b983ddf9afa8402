#!/bin/sh
# usage: build-own-image.sh EXCLUDES COMMAND [ARGUMENT...]
#
# What build-image.sh does, for a user who is not root: run by `native mapped`, as root of a user namespace with the ids that the user's labs
# have. So the files that it unpacks belong to these ids, and no other namespace is needed.
set -eu
excludes=$1
shift

printf '%s\n' "$excludes" >excludes
mkdir -p result/rootfs temporary
mkfifo open image.tar
tar --directory=result/rootfs --extract --file - --numeric-owner --same-permissions --xattrs --xattrs-include="*" \
  --exclude-from=excludes <image.tar &
unpacker=$!

exec 8<>open
TMPDIR=$PWD/temporary "$@" >image.tar <open 8<&- 9>&-
wait "$unpacker"
install -d result/rootfs/dev
