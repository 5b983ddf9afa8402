# Runs as a container's first process with mmdebstrap's arguments: fetches mmdebstrap and runs it, the archive on standard output.
# Standard input is held open by who waits for the archive: when it ends, so does this process, and the container with it.
set -eu
exec 3<&0
trap 'exit 1' TERM
{ read -r _ <&3 || kill -TERM "$$"; } &
(
  exec 3<&-
  apt-get --quiet update
  DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends mmdebstrap
) >&2 &
wait "$!"
mmdebstrap "$@" 3<&- &
wait "$!"
