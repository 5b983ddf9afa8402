/*
 * `native settings`: writes kernel settings of several network namespaces from one process. Standard input has a line a setting:
 * namespace (`host`: where it is), path below /proc/sys, value, separated by tabs. A kernel without one of them is no failure.
 */
#define _GNU_SOURCE
#include "line.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 1 << 20 };

static int enter(const char *namespace, int home) {
  if (strcmp(namespace, "host") == 0) return setns(home, CLONE_NEWNET);
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", namespace);
  int descriptor = strchr(namespace, '/') == NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  int result = descriptor < 0 ? -1 : setns(descriptor, CLONE_NEWNET);
  if (descriptor >= 0) close(descriptor);
  return result;
}

static int write_setting(const char *setting, const char *value) {
  char path[512];
  snprintf(path, sizeof path, "/proc/sys/%s", setting);
  int file = strstr(setting, "..") == NULL ? open(path, O_WRONLY | O_CLOEXEC) : -1;
  if (file < 0) return errno == ENOENT ? 0 : -1;
  size_t length = strlen(value);
  int result = write(file, value, length) == (ssize_t)length ? 0 : -1;
  close(file);
  return result;
}

int settings_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int failures = 0;
  struct line_reader reader;
  line_reader_start(&reader, LINE_BYTES_MAX);
  while (line_reader_fill(&reader, STDIN_FILENO) > 0) {
    size_t length;
    for (char *line; (line = line_reader_next(&reader, &length)) != NULL; line_reader_drop(&reader, length)) {
      char *fields[3];
      if (line_split(line, fields, 3) == 3 && enter(fields[0], home) == 0 && write_setting(fields[1], fields[2]) == 0) continue;
      fprintf(stderr, "%s: %s\n", line, strerror(errno));
      failures += 1;
    }
  }
  return failures > 0;
}
