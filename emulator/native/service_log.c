/* See service_log.h. */
#define _GNU_SOURCE
#include "service_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "/var/log/farmlab"

void service_log_setup(void) { mkdir(FOLDER, 0755); }

static int open_log(const char *name, int flags) {
  char path[sizeof FOLDER + NAME_MAX + 8];
  struct stat found;
  snprintf(path, sizeof path, FOLDER "/%s.log", name);
  /* Never to wait for the reader of a FIFO that somebody has put there. */
  int file = open(path, flags | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (file < 0) return -1;
  if (fstat(file, &found) == 0 && S_ISREG(found.st_mode) && fcntl(file, F_SETFL, O_APPEND) == 0) return file;
  close(file);
  errno = EINVAL;
  return -1;
}

int service_log_open(const char *name) { return open_log(name, O_WRONLY | O_CREAT); }

/* Best effort: a log is not worth more. */
static void cut(int file, off_t size) {
  static char kept[SERVICE_LOG_BYTES_KEPT];
  ssize_t length = pread(file, kept, sizeof kept, size - (off_t)sizeof kept);
  if (ftruncate(file, 0) < 0 || length <= 0) return;
  char *line = memchr(kept, '\n', (size_t)length);
  char *start = line == NULL ? kept : line + 1;
  dprintf(file, "farmlab-init: cut here, after %lld bytes\n", (long long)size);
  if (write(file, start, (size_t)(kept + length - start)) < 0) return;
}

void service_log_bound(const char *name) {
  char path[sizeof FOLDER + NAME_MAX + 8];
  struct stat found;
  snprintf(path, sizeof path, FOLDER "/%s.log", name);
  if (lstat(path, &found) < 0 || found.st_size <= SERVICE_LOG_BYTES_MAX) return;
  int file = open_log(name, O_RDWR);
  if (file < 0) return;
  cut(file, found.st_size);
  close(file);
}
