/*
 * `native settings`: writes kernel settings of several network namespaces from one process. Standard input has a line a setting:
 * namespace (`host`: where it is), path below /proc/sys, value, separated by tabs. A kernel without one of them is no failure.
 */
#define _GNU_SOURCE
#include "namespace_lines.h"
#include "line.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 1 << 20 };

static int write_setting(const char *setting, char *value) {
  char path[512];
  if (strstr(setting, "..") != NULL || snprintf(path, sizeof path, "/proc/sys/%s", setting) >= (int)sizeof path) {
    errno = EINVAL;
    return -1;
  }
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno == ENOENT ? 0 : -1;
  /* With a line end in place of the text's end: an empty value, as a list without entries, would else be no write at all. */
  size_t length = strlen(value);
  value[length] = '\n';
  int result = write(file, value, length + 1) < 0 ? -1 : 0;
  int reason = errno;
  value[length] = '\0';
  close(file);
  errno = reason;
  return result;
}

/* Says what failed; answers 1 for a failure. */
static int do_setting(char *line, int home) {
  char *fields[3];
  if (line_split(line, fields, 3) != 3) return fprintf(stderr, "not a setting: %s\n", line), 1;
  if (namespace_line_enter(fields[0], home) < 0) return fprintf(stderr, "namespace %s: %s\n", fields[0], strerror(errno)), 1;
  if (write_setting(fields[1], fields[2]) < 0) return fprintf(stderr, "%s of %s: %s\n", fields[1], fields[0], strerror(errno)), 1;
  return 0;
}

int settings_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return namespace_lines_main(LINE_BYTES_MAX, do_setting);
}
