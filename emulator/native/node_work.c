/* See node_work.h. */
#define _GNU_SOURCE
#include "node_work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits for the acknowledgement of one message: 0, or a negative error number. */
static int acknowledged(int netlink) {
  char answer[8192];
  ssize_t amount;
  do amount = recv(netlink, answer, sizeof answer, 0);
  while (amount < 0 && errno == EINTR);
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  if (amount < (ssize_t)sizeof *header || header->nlmsg_type != NLMSG_ERROR) return -EPROTO;
  return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

int node_work_netlink(char *payload, size_t length, char *error, size_t error_size) {
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) {
    snprintf(error, error_size, "netlink: %s", strerror(errno));
    return -1;
  }
  int index = 0;
  for (size_t offset = 0; offset + sizeof(struct nlmsghdr) <= length; index += 1) {
    struct nlmsghdr *message = (struct nlmsghdr *)(payload + offset);
    if (message->nlmsg_len < sizeof *message || offset + message->nlmsg_len > length) break;
    int result = send(netlink, message, message->nlmsg_len, 0) < 0 ? -errno : acknowledged(netlink);
    if (result != 0) {
      snprintf(error, error_size, "message %d: %s", index, strerror(-result));
      close(netlink);
      return -1;
    }
    offset += NLMSG_ALIGN(message->nlmsg_len);
  }
  close(netlink);
  return 0;
}

int node_work_sysctl(char *payload, size_t length, char *error, size_t error_size) {
  char *end = payload + length;
  for (char *line = payload; line < end;) {
    char *line_end = memchr(line, '\n', (size_t)(end - line));
    char *equals = memchr(line, '=', (size_t)(end - line));
    if (line_end == NULL || equals == NULL || equals > line_end) break;
    int may_miss = equals > line && equals[-1] == '?';
    char path[512];
    snprintf(path, sizeof path, "/proc/sys/%.*s", (int)(equals - line) - may_miss, line);
    int file = strstr(path, "..") == NULL ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    ssize_t size = line_end - equals - 1;
    int written = file >= 0 && write(file, equals + 1, (size_t)size) == size;
    if (file >= 0) close(file);
    if (!written && !may_miss) {
      snprintf(error, error_size, "%s: %s", path, strerror(errno));
      return -1;
    }
    line = line_end + 1;
  }
  return 0;
}

int node_work_offloads(char *payload, size_t length, char *error, size_t error_size) {
  static const unsigned commands[] = {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  char *end = payload + length;
  for (char *line = payload; any >= 0 && line < end;) {
    char *line_end = memchr(line, '\n', (size_t)(end - line));
    if (line_end == NULL) break;
    for (unsigned index = 0; index < sizeof commands / sizeof commands[0]; index += 1) {
      struct ethtool_value value = {.cmd = commands[index], .data = 0};
      struct ifreq request = {0};
      snprintf(request.ifr_name, sizeof request.ifr_name, "%.*s", (int)(line_end - line), line);
      request.ifr_data = (char *)&value;
      if (ioctl(any, SIOCETHTOOL, &request) < 0 && errno != EOPNOTSUPP) {
        snprintf(error, error_size, "offloads of %s: %s", request.ifr_name, strerror(errno));
        close(any);
        return -1;
      }
    }
    line = line_end + 1;
  }
  if (any >= 0) close(any);
  return any < 0 ? -1 : 0;
}

/* Reads what a child says, up to the buffer's end, and drops the rest. */
static void gather(int from, char *text, size_t size) {
  size_t used = 0;
  char spare[512];
  for (;;) {
    ssize_t amount = used + 1 < size ? read(from, text + used, size - 1 - used) : read(from, spare, sizeof spare);
    if (amount < 0 && errno == EINTR) continue;
    if (amount <= 0) break;
    if (used + 1 < size) used += (size_t)amount;
  }
  text[used] = '\0';
}

int node_work_nft(const char *payload, size_t length, char *error, size_t error_size) {
  int input[2], output[2];
  if (pipe2(input, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0) {
    snprintf(error, error_size, "pipe: %s", strerror(errno));
    return -1;
  }
  pid_t child = fork();
  if (child == 0) {
    dup2(input[0], 0);
    dup2(output[1], 1);
    dup2(output[1], 2);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/usr/sbin/nft", "nft", "-f", "-", (char *)NULL);
    _exit(127);
  }
  close(input[0]);
  close(output[1]);
  while (child > 0 && length > 0) {
    ssize_t amount = write(input[1], payload, length);
    if (amount < 0 && errno == EINTR) continue;
    if (amount <= 0) break;
    payload += amount;
    length -= (size_t)amount;
  }
  close(input[1]);
  gather(output[0], error, error_size);
  close(output[0]);
  int status = 1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return child > 0 && status == 0 ? 0 : -1;
}

static int make_directories(const char *path) {
  char part[4096];
  for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
    if (mkdir(part, 0755) < 0 && errno != EEXIST) return -1;
  }
  return 0;
}

int node_work_file(const char *path, const char *mode, const char *payload, size_t length, char *error, size_t error_size) {
  int file = path[0] == '/' && make_directories(path) == 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
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
