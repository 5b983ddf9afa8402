/* What a node had in memory before its power went; see node.h. */
#define _GNU_SOURCE
#include "node.h"
#include "sandbox_root.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 32 };

static const char disk[] = "/run/.private";

static int is_below(const char *path, const char *folder) { return strncmp(path, folder, strlen(folder)) == 0; }

/* All mounts that were made below /run and /tmp, the namespaces' names among them, the latest first. */
static int unmount_what_was_added(void) {
  FILE *table = fopen("/proc/self/mountinfo", "re");
  char *line = NULL, **points = NULL;
  size_t size = 0, count = 0;
  while (table != NULL && getline(&line, &size, table) > 0) {
    char point[4096];
    if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 || !(is_below(point, "/run/") || is_below(point, "/tmp/"))) continue;
    char **grown = reallocarray(points, count + 1, sizeof *grown);
    char *copy = grown == NULL ? NULL : strdup(point);
    if (grown != NULL) points = grown;
    if (copy == NULL) break;
    points[count++] = copy;
  }
  free(line);
  while (count > 0) {
    count -= 1;
    (void)umount2(points[count], MNT_DETACH);
    free(points[count]);
  }
  free(points);
  return table == NULL ? -1 : fclose(table);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status;
  (void)kind;
  if (place->level == 0 || is_below(path, disk)) return 0;
  return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

const char *node_forget_memory(int with_init) {
  /* The lab's own /proc is below: that of the node's former processes knows nobody any more, not even who asks. */
  if (with_init && umount2("/proc", MNT_DETACH) < 0) return "leaving the former /proc";
  if (unmount_what_was_added() < 0) return "reading the mounts";
  /* What hides the host's files that were bound in: those below /run and /tmp will be bound again. */
  (void)umount2(SANDBOX_STAGED, MNT_DETACH);
  if (nftw("/run", remove_one, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0) return "emptying /run";
  if (umount2("/tmp", MNT_DETACH) < 0) return "emptying /tmp";
  if (umount2("/sys", MNT_DETACH) < 0) return "leaving the former /sys";
  return with_init && umount2("/dev/shm", MNT_DETACH) < 0 ? "emptying /dev/shm" : NULL;
}
