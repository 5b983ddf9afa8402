#!/bin/sh
# usage: build-once.sh LOCK STAGING FINAL COMMAND [ARGUMENT...]
#
# Runs COMMAND in the directory STAGING and makes STAGING/result FINAL by one rename, unless FINAL is there already. One build at a
# time per LOCK. Standard input is a pipe that only the asking process holds open: its end means that nobody waits any more. Then, and
# whenever COMMAND fails, COMMAND's whole process group is killed and STAGING removed. Leftovers of builds whose guard was killed too
# go with the next build.
set -u

if [ "$1" = --locked ]; then
  lock=$2 staging=$3 final=$4
  shift 4
  exec 9>"$lock"
  flock --nonblock 9 || {
    echo "I: waiting for another farmlab that is building this"
    flock 9
  }
  test -e "$final" && exit 0
  rm -rf "${staging%-*}"-*
  mkdir -p "$staging" && cd "$staging" && "$@" && mv -T result "$final"
  exit
fi

staging=$2
exec 3<&0 5>&1
# The substitution ends when every process of the build has closed descriptor 7, that is, when all have died.
status=$(
  setsid setpriv --pdeathsig KILL sh "$0" --locked "$@" 3<&- 7>&1 >&5 5>&- </dev/null &
  worker=$!
  {
    read -r _ <&3
    until kill -KILL "-$worker"; do :; done
  } >/dev/null 2>&1 5>&- &
  watcher=$!
  wait "$worker"
  echo "$?"
  kill -KILL "-$worker" 2>/dev/null
  kill "$watcher"
)
rm -rf "$staging"
exit "$status"
