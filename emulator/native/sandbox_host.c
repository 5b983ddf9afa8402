/* See sandbox_host.h. */
#define _GNU_SOURCE
#include "sandbox_host.h"
#include "limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPIED_BYTES_MAX = 1 << 20, ROOT_OPTIONS_SIZE = 128 };

/* Where programs and libraries are; links among them, as /bin to /usr/bin, stay links. What is mounted below them is not seen. */
static const char *const program_directories[] = {"bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr"};
static const char *const own_directories[] = {"dev", "etc", "etc/alternatives", "etc/farmlab", "etc/iproute2", "etc/ld.so.conf.d", "home", "mnt", "opt", "proc", "root", "run", "sys", "tmp", "var", "var/cache", "var/lib", "var/lib/farmlab", "var/log", "var/tmp", ".lib", ".lib/farmlab"};

/* What programs look up, and no secret of the host. */
static const char *const copied_files[] = {"etc/ethertypes", "etc/group", "etc/ld.so.cache", "etc/ld.so.conf", "etc/nsswitch.conf", "etc/passwd", "etc/protocols", "etc/services"};
static const char *const copied_directories[] = {"etc/alternatives", "etc/iproute2", "etc/ld.so.conf.d"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Errors that mean that this host has no such thing. */
static int absent(void) { return errno == ENOENT ? 0 : -1; }

static int copy_link(const char *source, const char *target, uid_t owner) {
  char text[4096];
  ssize_t length = readlink(source, text, sizeof text - 1);
  if (length < 0) return absent();
  text[length] = '\0';
  return symlink(text, target) < 0 ? -1 : lchown(target, owner, owner);
}

static int copy_bytes(int from, const char *target, off_t size, uid_t owner) {
  int to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (to < 0) return -1;
  int result = fchown(to, owner, owner);
  for (ssize_t amount = 1; result == 0 && size > 0 && amount > 0; size -= amount) {
    amount = sendfile(to, from, NULL, (size_t)size);
    if (amount < 0) result = -1;
  }
  return close(to) < 0 ? -1 : result;
}

/* A regular file or a link, of reasonable size; what else it is, or that it is missing, is no failure. */
static int copy_entry(const char *path, uid_t owner) {
  char source[512];
  struct stat status;
  snprintf(source, sizeof source, "/%s", path);
  if (lstat(source, &status) < 0) return absent();
  if (S_ISLNK(status.st_mode)) return copy_link(source, path, owner);
  if (!S_ISREG(status.st_mode) || status.st_size > COPIED_BYTES_MAX) return 0;
  int from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0) return absent();
  int result = copy_bytes(from, path, status.st_size, owner);
  close(from);
  return result;
}

static int copy_directory(const char *path, uid_t owner) {
  char source[512], entry[1024];
  snprintf(source, sizeof source, "/%s", path);
  DIR *directory = opendir(source);
  if (directory == NULL) return absent();
  int result = 0;
  for (struct dirent *found; result == 0 && (found = readdir(directory)) != NULL;) {
    if (snprintf(entry, sizeof entry, "%s/%s", path, found->d_name) < (int)sizeof entry) result = copy_entry(entry, owner);
  }
  closedir(directory);
  return result;
}

static int bind_programs_of(const char *name, uid_t owner) {
  char source[64];
  struct stat status;
  snprintf(source, sizeof source, "/%s", name);
  if (lstat(source, &status) < 0) return absent();
  if (S_ISLNK(status.st_mode)) return copy_link(source, name, owner);
  if (mkdir(name, 0755) < 0 || mount(source, name, NULL, MS_BIND, NULL) < 0) return -1;
  return mount(NULL, name, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
}

static const char *fill(uid_t owner) {
  for (size_t index = 0; index < COUNT(own_directories); index += 1) {
    if (mkdir(own_directories[index], 0755) < 0 || chown(own_directories[index], owner, owner) < 0) return own_directories[index];
  }
  for (size_t index = 0; index < COUNT(copied_files); index += 1) {
    if (copy_entry(copied_files[index], owner) < 0) return copied_files[index];
  }
  for (size_t index = 0; index < COUNT(copied_directories); index += 1) {
    if (copy_directory(copied_directories[index], owner) < 0) return copied_directories[index];
  }
  for (size_t index = 0; index < COUNT(program_directories); index += 1) {
    if (bind_programs_of(program_directories[index], owner) < 0) return program_directories[index];
  }
  return NULL;
}

const char *sandbox_host_assemble(const char *target, uid_t owner) {
  char options[ROOT_OPTIONS_SIZE];
  snprintf(options, sizeof options, SANDBOX_HOST_ROOT_SIZE ",mode=755,uid=%u,gid=%u", (unsigned)owner, (unsigned)owner);
  if (mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 || chdir(target) < 0) return target;
  const char *step = fill(owner);
  if (step != NULL) return step;
  /* The host has no /usr/lib/farmlab for farmlab's own programs: laid over its read-only /usr/lib, without touching it. */
  if (mount("overlay", "usr/lib", "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV, "lowerdir=.lib:/usr/lib") < 0) return "/usr/lib/farmlab";
  return NULL;
}
