/* The host's files and folders in a node; see node_work.h. They are staged below SANDBOX_STAGED before the lab has a root of its own. */
#define _GNU_SOURCE
#include "node.h"
#include "node_work.h"
#include "sandbox_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_place(const char *target, int is_directory) {
  struct stat found;
  if (stat(target, &found) == 0) return 0;
  if (node_work_directories(target) < 0) return -1;
  if (is_directory) return mkdir(target, 0755);
  int file = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  return file < 0 ? -1 : close(file);
}

/* The deepest directory above `target` that is there becomes the node's own. Not the root, and none that holds farmlab's programs, which
   are mounts of their own. */
static int make_room(const char *target) {
  char above[PATH_LENGTH_MAX];
  struct stat found;
  snprintf(above, sizeof above, "%s", target);
  do {
    char *slash = strrchr(above, '/');
    if (slash == NULL || slash == above) return -1;
    *slash = '\0';
  } while (stat(above, &found) < 0);
  size_t length = strlen(above);
  if (strncmp(SANDBOX_STAGED, above, length) == 0 && (SANDBOX_STAGED[length] == '/' || SANDBOX_STAGED[length] == '\0')) return -1;
  return node_private_directory(above);
}

int node_work_bind(const char *number, const char *target, char *error, size_t error_size) {
  char staged[sizeof SANDBOX_STAGED + 16];
  struct stat found;
  errno = EINVAL; /* what is wrong with a path that does not begin at the root */
  int is_path = target[0] == '/' && strlen(target) < PATH_LENGTH_MAX && strstr(target, "/..") == NULL && strchr(number, '/') == NULL;
  int result = !is_path || snprintf(staged, sizeof staged, SANDBOX_STAGED "/%s", number) >= (int)sizeof staged ? -1 : stat(staged, &found);
  if (result == 0) result = make_place(target, S_ISDIR(found.st_mode));
  if (result < 0 && is_path && errno == EROFS) {
    result = make_room(target);
    if (result == 0) result = make_place(target, S_ISDIR(found.st_mode));
    else errno = EROFS;
  }
  if (result == 0) result = mount(staged, target, NULL, MS_BIND | MS_REC, NULL);
  if (result < 0 && errno == EROFS) snprintf(error, error_size, "%s: the node image has no folder for it", target);
  else if (result < 0) snprintf(error, error_size, "%s: %s", target, strerror(errno));
  return result;
}

int node_work_unstage(char *error, size_t error_size) {
  int result = mount("tmpfs", SANDBOX_STAGED, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=4k,mode=755");
  if (result < 0) snprintf(error, error_size, SANDBOX_STAGED ": %s", strerror(errno));
  return result;
}
