/* `native in NAMESPACE PROGRAM ARGS...`: runs a program in /run/netns/NAMESPACE (`host`: stays where it is). Only the network
 * namespace changes: no mount is touched, so it works where `ip netns exec` may not remount /sys. */
#define _GNU_SOURCE
#include "inner_namespace.h"
#include "native.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int in_main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: native in NAMESPACE PROGRAM ARGS...\n");
    return 125;
  }
  if (strcmp(argv[1], "host") != 0 && inner_namespace_join(argv[1]) < 0) {
    fprintf(stderr, "namespace %s: %s\n", argv[1], strerror(errno));
    return 125;
  }
  execvp(argv[2], argv + 2);
  fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
  return errno == ENOENT ? 127 : 126;
}
