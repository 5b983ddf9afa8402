/* See enter_container.h. */
#define _GNU_SOURCE
#include "enter_container.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITIES_MAX = 64 };

static FILE *open_of(const char *pid, const char *what) {
  char path[64];
  if (strchr(pid, '/') != NULL || snprintf(path, sizeof path, "/proc/%s/%s", pid, what) >= (int)sizeof path) {
    errno = EINVAL;
    return NULL;
  }
  return fopen(path, "re");
}

static int has_our_users(const char *pid) {
  struct stat own, other;
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/user", pid);
  if (stat("/proc/self/ns/user", &own) < 0 || stat(path, &other) < 0) return -1;
  return own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

static int read_capabilities(const char *pid, uint64_t *mask) {
  char line[256];
  FILE *status = open_of(pid, "status");
  int found = 0;
  while (status != NULL && !found && fgets(line, sizeof line, status) != NULL) found = sscanf(line, "CapBnd: %lx", mask) == 1;
  if (status != NULL) fclose(status);
  if (status != NULL && !found) errno = EPROTO;
  return found ? 0 : -1;
}

static int join_group_at(const char *mount, const char *controllers, const char *path) {
  char file[PATH_MAX];
  if (snprintf(file, sizeof file, "/sys/fs/cgroup/%s%s%s/cgroup.procs", mount, controllers, path) >= (int)sizeof file) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int group = open(file, O_WRONLY | O_CLOEXEC);
  if (group < 0) return -1;
  int result = write(group, "0", 1) == 1 ? 0 : -1;
  int reason = errno;
  close(group);
  errno = reason;
  return result;
}

/* One line of /proc/PID/cgroup, `ID:CONTROLLERS:PATH`, without controllers for the unified hierarchy: that is mounted aside where both
   versions are in use. A hierarchy that is not mounted holds nothing of ours. */
static int join_group(char *line) {
  char *controllers = strchr(line, ':');
  char *path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
  if (path == NULL) return 0;
  *path++ = '\0';
  controllers += 1;
  path[strcspn(path, "\n")] = '\0';
  if (strncmp(controllers, "name=", 5) == 0) controllers += 5;
  int result = join_group_at("", controllers, path);
  if (result < 0 && errno == ENOENT && *controllers == '\0') result = join_group_at("unified", "", path);
  return result < 0 && errno != ENOENT ? -1 : 0;
}

static int join_groups(const char *pid) {
  char line[PATH_MAX];
  int result = 0;
  FILE *groups = open_of(pid, "cgroup");
  if (groups == NULL) return -1;
  while (result == 0 && fgets(line, sizeof line, groups) != NULL) result = join_group(line);
  int reason = errno;
  fclose(groups);
  errno = reason;
  return result;
}

int container_limits_join(const char *pid, struct container_limits *limits) {
  limits->is_container = has_our_users(pid);
  if (limits->is_container <= 0) return limits->is_container;
  return read_capabilities(pid, &limits->capabilities) < 0 ? -1 : join_groups(pid);
}

int container_limits_apply(const struct container_limits *limits) {
  if (!limits->is_container) return 0;
  for (int capability = 0; capability < CAPABILITIES_MAX; capability += 1) {
    if (limits->capabilities >> capability & 1) continue;
    /* EINVAL: this kernel knows no more of them. */
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL) return -1;
  }
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct held[2];
  if (syscall(SYS_capget, &header, held) < 0) return -1;
  for (int half = 0; half < 2; half += 1) {
    held[half].permitted &= (uint32_t)(limits->capabilities >> 32 * half);
    held[half].effective &= held[half].permitted;
    held[half].inheritable = 0;
  }
  return syscall(SYS_capset, &header, held) < 0 ? -1 : 0;
}
