/* A lab's first process settles in its new root; see sandbox.h. */
#define _GNU_SOURCE
#include "limits.h"
#include "sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each node is held by a few descriptors; the usual soft limit of 1024 is too few for a large lab. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

const char *sandbox_settle(const char *name) {
  umask(022);
  raise_descriptor_limit();
  if (sethostname(name, strlen(name)) < 0) return "naming the sandbox";
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
  /* Mounts that came from outside are locked; what is to become the root must be a mount of our own. By descriptor, not by path:
     the directories above the image may be closed to the mapped ids. */
  int image = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (image < 0 || move_mount(image, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0) return "binding the image";
  if (fchdir(image) < 0) return "entering the image";
  close(image);
  /* While the host's are still visible: the kernel demands that. */
  if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "mounting /proc";
  if (mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "mounting /sys";
  if (mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") < 0) return "mounting /dev/pts";
  if (mount("tmpfs", "run", "tmpfs", MS_NOSUID | MS_NODEV, SANDBOX_RUN_SIZE ",mode=755") < 0) return "mounting /run";
  if (mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, SANDBOX_TMP_SIZE ",mode=1777") < 0) return "mounting /tmp";
  if (syscall(SYS_pivot_root, ".", ".") < 0) return "changing the root";
  if (umount2(".", MNT_DETACH) < 0) return "leaving the old root";
  if (chdir("/") < 0) return "entering the new root";
  if (mkdir("/run/farmlab", 0755) < 0 || mkdir(SANDBOX_NODES, 0755) < 0) return "filling /run";
  return NULL;
}
