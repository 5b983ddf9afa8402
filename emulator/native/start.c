/*
 * `native start READY NAME RESTART NAMESPACE ENVCOUNT KEY=VALUE... ARGV...`: asks the node's farmlab-init to start a service (the fields
 * are those of its protocol, core/common/service-line.ts) and waits until READY, a path, is there and takes connections if it is a
 * socket; with an empty READY until it is started. For labs that others bring up.
 */
#define _GNU_SOURCE
#include "line.h"
#include "native.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* farmlab-init itself may only be starting. */
enum { INIT_WAIT_MS = 10000, READY_WAIT_MS = 20000, LOOK_AGAIN_MS = 5, ANSWER_BYTES_MAX = 65536 };

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >= (int)sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int any = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (any >= 0 && connect(any, (struct sockaddr *)&address, sizeof address) == 0) return any;
  int reason = errno;
  if (any >= 0) close(any);
  errno = reason;
  return -1;
}

/* A descriptor for a socket, 0 for anything else that is there; -1 with errno where it is not, or takes no connections. */
static int look(const char *path) {
  struct stat found;
  if (stat(path, &found) < 0) return -1;
  return S_ISSOCK(found.st_mode) ? connect_to(path) : 0;
}

static int wait_for(const char *path, int wait_ms) {
  long long give_up_at = now_ms() + wait_ms;
  for (;;) {
    int found = look(path);
    if (found >= 0) return found;
    if (now_ms() >= give_up_at) break;
    nanosleep(&(struct timespec){.tv_nsec = LOOK_AGAIN_MS * 1000000L}, NULL);
  }
  fprintf(stderr, "%s: %s, after %d ms\n", path, strerror(errno), wait_ms);
  return -1;
}

/* Prints what farmlab-init has against it; answers whether it started the service. */
static int answer_is_good(int init) {
  struct line_reader reader;
  size_t length;
  char *line = NULL, *fields[2];
  line_reader_start(&reader, ANSWER_BYTES_MAX);
  while (line == NULL && line_reader_fill(&reader, init) > 0) line = line_reader_next(&reader, &length);
  int count = line == NULL ? 0 : line_split(line, fields, 2);
  int good = count == 1 && strcmp(fields[0], "ok") == 0;
  if (!good) fprintf(stderr, "farmlab-init: %s\n", count == 2 ? fields[1] : "closed the connection");
  line_reader_end(&reader);
  return good;
}

int start_main(int argc, char **argv) {
  if (argc < 7 || argc - 1 > LINE_FIELDS_MAX) {
    fprintf(stderr, "usage: native start READY NAME RESTART NAMESPACE ENVCOUNT KEY=VALUE... ARGV...\n");
    return 2;
  }
  int init = wait_for("/run/farmlab/init.sock", INIT_WAIT_MS);
  if (init < 0) return 1;
  const char *ready = argv[1];
  argv[1] = "start";
  if (line_write(init, (const char *const *)argv + 1, argc - 1) < 0) {
    fprintf(stderr, "asking farmlab-init: %s\n", strerror(errno));
    return 1;
  }
  if (!answer_is_good(init)) return 1;
  return ready[0] != '\0' && wait_for(ready, READY_WAIT_MS) < 0;
}
