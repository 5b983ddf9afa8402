/*
 * `native mapped USERS GROUPS PROGRAM ARGS...`: becomes the program, as root of a user namespace of the user's own (user_namespace.h). Exit code: the
 * program's; 125 where there is no such namespace, 126 and 127 as a shell has them.
 */
#define _GNU_SOURCE
#include "native.h"
#include "user_namespace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int mapped_main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: native mapped USERS GROUPS PROGRAM ARGS...\n");
    return 125;
  }
  const char *step = user_namespace_enter((unsigned)strtoul(argv[1], NULL, 10), (unsigned)strtoul(argv[2], NULL, 10));
  if (step != NULL) {
    fprintf(stderr, errno == 0 ? "%s\n" : "%s: %s\n", step, strerror(errno));
    return 125;
  }
  execvp(argv[3], argv + 3);
  fprintf(stderr, "%s: %s\n", argv[3], strerror(errno));
  return errno == ENOENT ? 127 : 126;
}
