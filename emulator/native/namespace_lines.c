#define _GNU_SOURCE
#include "namespace_lines.h"
#include "inner_namespace.h"
#include "line.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int namespace_line_enter(const char *namespace, int home) {
  return strcmp(namespace, "host") == 0 ? setns(home, CLONE_NEWNET) : inner_namespace_join(namespace);
}

int namespace_lines_main(size_t limit, int (*work)(char *line, int home)) {
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int failures = 0, state;
  struct line_reader reader;
  line_reader_start(&reader, limit);
  while ((state = line_reader_fill(&reader, STDIN_FILENO)) > 0) {
    size_t length;
    for (char *line; (line = line_reader_next(&reader, &length)) != NULL; line_reader_drop(&reader, length)) failures += work(line, home);
  }
  if (state < 0 || reader.used > 0) failures += fprintf(stderr, "the input ends within a line, or a line is too long\n") > 0;
  return failures > 0;
}
