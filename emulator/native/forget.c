/*
 * `native forget`: ends what connection tracking remembers of flows with addresses of given prefixes, in several network namespaces.
 * Standard input has a line a prefix: namespace (`host`: where it is), address, length, and `all` or `untranslated` (only what is sent to it
 * and has no translated destination), separated by tabs; lines of one namespace follow each other. A kernel that tracks nothing has nothing to forget.
 */
#define _GNU_SOURCE
#include "conntrack.h"
#include "namespace_lines.h"
#include "line.h"
#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 1 << 12 };

static int prefix_read(struct conntrack_prefix *prefix, const char *address, const char *length, const char *which) {
  char *end;
  long bits = strtol(length, &end, 10);
  prefix->family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
  if (*length == '\0' || *end != '\0' || bits < 0 || bits > (prefix->family == AF_INET ? 32 : 128)) return -1;
  prefix->length = (unsigned)bits;
  prefix->untranslated = strcmp(which, "untranslated") == 0;
  if (!prefix->untranslated && strcmp(which, "all") != 0) return -1;
  return inet_pton(prefix->family, address, prefix->address) == 1 ? 0 : -1;
}

/* The prefixes of one namespace, which this thread is in; one look at what it remembers serves them all. */
static struct {
  char *namespace;
  struct conntrack_prefix *prefixes;
  size_t count, room;
} gathered;

/* Says what failed; answers 1 for a failure. */
static int forget_gathered(void) {
  if (gathered.count == 0) return 0;
  int result = conntrack_forget(gathered.prefixes, gathered.count);
  gathered.count = 0;
  return result < 0 ? fprintf(stderr, "flows in %s: %s\n", gathered.namespace, strerror(errno)), 1 : 0;
}

static int move_to(const char *namespace, int home) {
  if (gathered.namespace != NULL && strcmp(gathered.namespace, namespace) == 0) return 0;
  free(gathered.namespace);
  gathered.namespace = NULL;
  if (namespace_line_enter(namespace, home) < 0) return -1;
  return (gathered.namespace = strdup(namespace)) == NULL ? -1 : 0;
}

static int gather(const struct conntrack_prefix *prefix) {
  if (gathered.count == gathered.room) {
    size_t room = gathered.room == 0 ? 16 : 2 * gathered.room;
    struct conntrack_prefix *prefixes = realloc(gathered.prefixes, room * sizeof *prefixes);
    if (prefixes == NULL) return -1;
    gathered.prefixes = prefixes;
    gathered.room = room;
  }
  gathered.prefixes[gathered.count] = *prefix;
  gathered.count += 1;
  return 0;
}

/* Says what failed; answers how much did. */
static int do_prefix(char *line, int home) {
  char *fields[4];
  struct conntrack_prefix prefix;
  if (line_split(line, fields, 4) != 4 || prefix_read(&prefix, fields[1], fields[2], fields[3]) < 0)
    return fprintf(stderr, "not a prefix: %s\n", line), 1;
  int failures = gathered.namespace != NULL && strcmp(gathered.namespace, fields[0]) == 0 ? 0 : forget_gathered();
  if (move_to(fields[0], home) < 0 || gather(&prefix) < 0) return fprintf(stderr, "namespace %s: %s\n", fields[0], strerror(errno)), failures + 1;
  return failures;
}

int forget_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  int failures = namespace_lines_main(LINE_BYTES_MAX, do_prefix);
  failures += forget_gathered();
  free(gathered.prefixes);
  free(gathered.namespace);
  return failures > 0;
}
