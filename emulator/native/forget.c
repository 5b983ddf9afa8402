/*
 * `native forget`: ends what connection tracking remembers of flows with addresses of given prefixes, in several network namespaces.
 * Standard input has a line a prefix: namespace (`host`: where it is), address, length, separated by tabs. A kernel that tracks nothing
 * has nothing to forget.
 */
#define _GNU_SOURCE
#include "conntrack.h"
#include "namespace_lines.h"
#include "line.h"
#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 1 << 12 };

static int prefix_read(struct conntrack_prefix *prefix, const char *address, const char *length) {
  char *end;
  long bits = strtol(length, &end, 10);
  prefix->family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
  if (*length == '\0' || *end != '\0' || bits < 0 || bits > (prefix->family == AF_INET ? 32 : 128)) return -1;
  prefix->length = (unsigned)bits;
  return inet_pton(prefix->family, address, prefix->address) == 1 ? 0 : -1;
}

/* Says what failed; answers 1 for a failure. */
static int do_prefix(char *line, int home) {
  char *fields[3];
  struct conntrack_prefix prefix;
  if (line_split(line, fields, 3) != 3 || prefix_read(&prefix, fields[1], fields[2]) < 0) return fprintf(stderr, "not a prefix: %s\n", line), 1;
  if (namespace_line_enter(fields[0], home) < 0) return fprintf(stderr, "namespace %s: %s\n", fields[0], strerror(errno)), 1;
  if (conntrack_forget(&prefix) < 0) return fprintf(stderr, "flows of %s in %s: %s\n", fields[1], fields[0], strerror(errno)), 1;
  return 0;
}

int forget_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return namespace_lines_main(LINE_BYTES_MAX, do_prefix);
}
