#!/bin/sh
# usage: isolated.sh PROGRAM ARGUMENT...
#
# Runs containerlab so that nothing of it stays on the machine but what the engine keeps. Must be started in mount and network namespaces
# of its own: links are made there and moved into containers from there, and vanish with the process where it ends half-way. The machine's
# hosts file is a copy, its named namespaces, locks and ssh settings are empty.
set -eu
cp /etc/hosts hosts
mount --bind hosts /etc/hosts
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
for folder in /run/lock /etc/ssh/ssh_config.d; do
  test ! -d "$folder" || mount -t tmpfs tmpfs "$folder"
done
exec "$@"
