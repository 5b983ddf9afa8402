/* Sockets in other network namespaces: a socket stays in the namespace it was made in, so the thread goes there, makes it, and returns. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int home = -1;

void namespace_home(void) {
  home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) {
    perror("native probe: /proc/self/ns/net");
    exit(70);
  }
}

/* Returns a descriptor, or -1 with errno; EINVAL when the path is not a network namespace. */
int namespace_open(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
    close(fd);
    errno = EINVAL;
    return -1;
  }
  return fd;
}

/* Returns the socket (non-blocking, close-on-exec), or -1 with errno. */
int namespace_socket(int namespace, int domain, int type, int protocol) {
  if (setns(namespace, CLONE_NEWNET) != 0) return -1;
  int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  int error = errno;
  if (setns(home, CLONE_NEWNET) != 0) {
    /* Working on in a namespace that is not ours would put every later socket in the wrong place. */
    perror("native probe: return to the own namespace");
    exit(70);
  }
  errno = error;
  return fd;
}

int socket_in(const char *path, int domain, int type, int protocol) {
  int namespace = namespace_open(path);
  if (namespace < 0) return -1;
  int fd = namespace_socket(namespace, domain, type, protocol);
  int error = errno;
  close(namespace);
  errno = error;
  return fd;
}
