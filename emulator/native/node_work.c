/* See node_work.h. */
#define _GNU_SOURCE
#include "node_work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_setting(const char *setting, int size, const char *value, size_t length) {
  char path[512];
  if (snprintf(path, sizeof path, "/proc/sys/%.*s", size, setting) >= (int)sizeof path || strstr(path, "..") != NULL) {
    errno = EINVAL;
    return -1;
  }
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  int result = write(file, value, length) == (ssize_t)length ? 0 : -1;
  int reason = errno;
  close(file);
  errno = reason;
  return result;
}

int node_work_sysctl(char *payload, size_t length, char *error, size_t error_size) {
  char *end = payload + length;
  for (char *line = payload; line < end;) {
    char *line_end = memchr(line, '\n', (size_t)(end - line));
    char *equals = line_end == NULL ? NULL : memchr(line, '=', (size_t)(line_end - line));
    if (equals == NULL) {
      snprintf(error, error_size, "a setting has to be path=value");
      return -1;
    }
    int may_miss = equals > line && equals[-1] == '?';
    int size = (int)(equals - line) - may_miss;
    int result = write_setting(line, size, equals + 1, (size_t)(line_end - equals - 1));
    /* A kernel that has it once for the whole machine does not let us write it. */
    if (result < 0 && !(may_miss && (errno == ENOENT || errno == EACCES || errno == EPERM))) {
      snprintf(error, error_size, "%.*s: %s", size, line, strerror(errno));
      return -1;
    }
    line = line_end + 1;
  }
  return 0;
}

/* Every command for every interface, one a line. */
static int ask_interfaces(const char *what, const unsigned *commands, int count, char *payload, size_t length, char *error, size_t error_size) {
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  char *end = payload + length;
  for (char *line = payload; any >= 0 && line < end;) {
    char *line_end = memchr(line, '\n', (size_t)(end - line));
    if (line_end == NULL) break;
    for (int index = 0; index < count; index += 1) {
      struct ethtool_value value = {.cmd = commands[index], .data = 0};
      struct ifreq request = {0};
      snprintf(request.ifr_name, sizeof request.ifr_name, "%.*s", (int)(line_end - line), line);
      request.ifr_data = (char *)&value;
      if (ioctl(any, SIOCETHTOOL, &request) < 0 && errno != EOPNOTSUPP) {
        snprintf(error, error_size, "%s of %s: %s", what, request.ifr_name, strerror(errno));
        close(any);
        return -1;
      }
    }
    line = line_end + 1;
  }
  if (any < 0) snprintf(error, error_size, "socket: %s", strerror(errno));
  else close(any);
  return any < 0 ? -1 : 0;
}

int node_work_offloads(char *payload, size_t length, char *error, size_t error_size) {
  static const unsigned commands[] = {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
  return ask_interfaces("offloads", commands, sizeof commands / sizeof commands[0], payload, length, error, error_size);
}

int node_work_carriers(char *payload, size_t length, char *error, size_t error_size) {
  static const unsigned command = ETHTOOL_GLINK;
  return ask_interfaces("carrier", &command, 1, payload, length, error, error_size);
}

int node_work_directories(const char *path) {
  char part[4096];
  for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
    if (mkdir(part, 0755) < 0 && errno != EEXIST) return -1;
  }
  return 0;
}

int node_work_file(const char *path, const char *mode, int more, const char *payload, size_t length, char *error, size_t error_size) {
  errno = EINVAL; /* what is wrong with a path that does not begin at the root */
  int file = path[0] == '/' && node_work_directories(path) == 0 ? open(path, O_WRONLY | O_CREAT | (more ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0600) : -1;
  while (file >= 0 && length > 0) {
    ssize_t amount = write(file, payload, length);
    if (amount < 0 && errno == EINTR) continue;
    if (amount <= 0) break;
    payload += amount;
    length -= (size_t)amount;
  }
  if (file < 0 || length > 0 || fchmod(file, (mode_t)strtoul(mode, NULL, 8)) < 0) {
    snprintf(error, error_size, "%s: %s", path, strerror(errno));
    if (file >= 0) close(file);
    return -1;
  }
  close(file);
  return 0;
}
