/* See sandbox_root.h. */
#define _GNU_SOURCE
#include "sandbox_root.h"
#include "limits.h"
#include "sandbox_host.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int make_file(const char *path) {
  int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  return descriptor < 0 ? -1 : close(descriptor);
}

/* Device nodes of our own where the kernel lets us make them, else the host's bound in; one that the host lacks is then missing. */
static int make_device(const char *rootfs, const char *name, unsigned major_number, unsigned minor_number) {
  char path[4096], source[64];
  snprintf(path, sizeof path, "%s/dev/%s", rootfs, name);
  if (mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number)) == 0) return 0;
  snprintf(source, sizeof source, "/dev/%s", name);
  if (access(source, F_OK) < 0) return 0;
  return make_file(path) < 0 ? -1 : mount(source, path, NULL, MS_BIND, NULL);
}

static const char *make_devices(const char *rootfs) {
  static const struct {
    const char *name;
    unsigned major_number, minor_number;
  } devices[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}, {"net/tun", 10, 200}};
  static const struct {
    const char *name;
    mode_t mode;
  } directories[] = {{"net", 0755}, {"pts", 0755}, {"shm", 01777}};
  static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
  char path[4096];
  snprintf(path, sizeof path, "%s/dev", rootfs);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID, SANDBOX_DEV_SIZE ",mode=755") < 0) return "mounting /dev";
  for (unsigned index = 0; index < sizeof directories / sizeof directories[0]; index += 1) {
    snprintf(path, sizeof path, "%s/dev/%s", rootfs, directories[index].name);
    if (mkdir(path, directories[index].mode) < 0) return "filling /dev";
  }
  for (unsigned index = 0; index < sizeof devices / sizeof devices[0]; index += 1) {
    if (make_device(rootfs, devices[index].name, devices[index].major_number, devices[index].minor_number) < 0) return devices[index].name;
  }
  for (unsigned index = 0; index < sizeof links / sizeof links[0]; index += 1) {
    snprintf(path, sizeof path, "%s/dev/%s", rootfs, links[index][1]);
    if (symlink(links[index][0], path) < 0) return "linking in /dev";
  }
  return NULL;
}

/* farmlab's own programs appear in /usr/lib/farmlab, read-only, without a file of the host being copied. */
static const char *bind_programs(const struct sandbox_root *root) {
  char path[4096];
  snprintf(path, sizeof path, "%s/usr/lib/farmlab", root->rootfs);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=755") < 0) return "mounting /usr/lib/farmlab";
  for (int index = 0; index < root->bind_count; index += 1) {
    const char *equals = strrchr(root->binds[index], '=');
    char *source = strndup(root->binds[index], (size_t)(equals - root->binds[index]));
    snprintf(path, sizeof path, "%s/usr/lib/farmlab/%s", root->rootfs, equals + 1);
    if (source == NULL || make_file(path) < 0 || mount(source, path, NULL, MS_BIND, NULL) < 0) return root->binds[index];
    if (mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0) return root->binds[index];
    free(source);
  }
  return NULL;
}

/*
 * Made here, outside, where the host's paths are known; the lab's namespaces get them locked, so that what is read-only stays so whoever is
 * root in a node. Ids are not mapped: a node may do there what the lab's ids may on the host.
 */
static const char *stage_mounts(const struct sandbox_root *root) {
  char path[4096];
  snprintf(path, sizeof path, "%s" SANDBOX_STAGED, root->rootfs);
  if (root->mount_count > 0 && mkdir(path, 0755) < 0) return "a folder for binds";
  for (int index = 0; index < root->mount_count; index += 1) {
    const char *source = root->mounts[index] + 3;
    struct stat found;
    struct mount_attr wanted = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    if (root->mounts[index][1] == 'o') wanted.attr_set |= MOUNT_ATTR_RDONLY;
    snprintf(path, sizeof path, "%s" SANDBOX_STAGED "/%d", root->rootfs, index);
    if (stat(source, &found) < 0 || (S_ISDIR(found.st_mode) ? mkdir(path, 0755) : make_file(path)) < 0) return source;
    if (mount(source, path, NULL, MS_BIND | MS_REC, NULL) < 0) return source;
    if (mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &wanted, sizeof wanted) < 0) return source;
  }
  return NULL;
}

const char *sandbox_root_prepare(const struct sandbox_root *root) {
  /* Modes are as written here, whatever the user's shell takes away. */
  umask(0);
  if (unshare(CLONE_NEWNS) < 0) return "a mount namespace";
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
  const char *step = root->of_host ? sandbox_host_assemble(root->rootfs, root->owner) : NULL;
  if (step == NULL && !root->of_host && mount(root->rootfs, root->rootfs, NULL, MS_BIND, NULL) < 0) step = root->rootfs;
  if (step == NULL) step = make_devices(root->rootfs);
  if (step == NULL) step = bind_programs(root);
  if (step == NULL) step = stage_mounts(root);
  if (step != NULL) return step;
  if (mount(NULL, root->rootfs, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0) return "the image read-only";
  return chdir(root->rootfs) < 0 ? root->rootfs : NULL;
}
