/* Making nodes; see node.h. */
#define _GNU_SOURCE
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Private over the shared image: the image stays below, what the node writes goes to its own memory. */
static int private_directory(const char *name) {
  char upper[64], work[64], target[64], options[256];
  snprintf(target, sizeof target, "/%s", name);
  snprintf(upper, sizeof upper, "/run/.private/%s", name);
  snprintf(work, sizeof work, "/run/.private/%s-work", name);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,userxattr", target, upper, work);
  if (mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0) return -1;
  return mount("overlay", target, "overlay", 0, options);
}

/* Answers the name of the step that failed, or NULL. */
static const char *set_up_mounts(int own_proc) {
  umask(022);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
  /* The new view of /sys comes while the old one is still there: the kernel demands a visible one. */
  if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0) return "mounting /sys";
  if (own_proc && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "mounting /proc";
  if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0) return "mounting /run";
  if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0) return "mounting /tmp";
  if (mkdir("/run/.private", 0700) < 0 || mkdir("/run/farmlab", 0755) < 0 || mkdir("/run/netns", 0755) < 0) return "filling /run";
  if (private_directory("etc") < 0) return "a private /etc";
  if (private_directory("var") < 0) return "a private /var";
  return NULL;
}

struct start {
  const char *name;
  int with_init;
  int report; /* the child writes one byte when all is set up, or the words of what failed */
  int hold;   /* the child of a node without init ends when this is closed: by then its namespaces are held */
};

static void node_child(const struct start *start) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  const char *step = sethostname(start->name, strlen(start->name)) < 0 ? "naming the host" : set_up_mounts(start->with_init);
  if (step != NULL) {
    dprintf(start->report, "%s: %s", step, strerror(errno));
    _exit(1);
  }
  if (!start->with_init) {
    char byte = 0;
    if (write(start->report, &byte, 1) != 1) _exit(1);
    while (read(start->hold, &byte, 1) < 0 && errno == EINTR) continue;
    _exit(0);
  }
  /* farmlab-init itself says when it listens. */
  if (start->report != 3 && (dup2(start->report, 3) < 0)) _exit(1);
  fcntl(3, F_SETFD, 0);
  char *arguments[] = {"farmlab-init", "init", NULL};
  char *environment[] = {"PATH=" NODE_PATH, "HOME=/root", NULL};
  execve("/usr/lib/farmlab/native", arguments, environment);
  dprintf(3, "starting farmlab-init: %s", strerror(errno));
  _exit(1);
}

static int open_of(pid_t pid, const char *kind) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
  return open(path, O_RDONLY | O_CLOEXEC);
}

int node_make(struct node *node, const char *name, int with_init, char *error, size_t error_size) {
  memset(node, 0, sizeof *node);
  node->net = node->mount = node->uts = node->pid_namespace = -1;
  snprintf(node->name, sizeof node->name, "%s", name);
  int report[2], hold[2];
  if (pipe2(report, O_CLOEXEC) < 0 || pipe2(hold, O_CLOEXEC) < 0) goto failed;

  struct start start = {.name = name, .with_init = with_init, .report = report[1], .hold = hold[0]};
  unsigned long flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC | (with_init ? CLONE_NEWPID : 0) | SIGCHLD;
  pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
  if (child < 0) goto failed;
  if (child == 0) {
    close(hold[1]);
    close(report[0]);
    node_child(&start);
  }
  close(report[1]);
  close(hold[0]);
  node->net = open_of(child, "net");
  node->mount = open_of(child, "mnt");
  node->uts = open_of(child, "uts");
  if (with_init) node->pid_namespace = open_of(child, "pid");

  char words[256];
  ssize_t amount;
  do amount = read(report[0], words, sizeof words - 1);
  while (amount < 0 && errno == EINTR);
  close(report[0]);
  close(hold[1]);
  if (!with_init) waitpid(child, NULL, 0);
  if (amount == 1 && words[0] == 0) {
    node->init = with_init ? child : 0;
    if (node->net >= 0 && node->mount >= 0 && node->uts >= 0) return 0;
    snprintf(error, error_size, "holding the namespaces of %s: %s", name, strerror(errno));
    if (with_init) kill(child, SIGKILL);
    return -1;
  }
  words[amount > 0 ? amount : 0] = '\0';
  snprintf(error, error_size, "%s: %s", name, amount > 0 ? words : "ended while starting");
  return -1;

failed:
  snprintf(error, error_size, "%s: %s", name, strerror(errno));
  return -1;
}

socklen_t node_control_address(struct sockaddr_un *address) {
  static const char name[] = "farmlab-control";
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path + 1, name, sizeof name - 1);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof name);
}

int node_send_namespaces(int socket, const struct node *node) {
  int descriptors[NODE_NAMESPACES] = {node->net, node->mount, node->uts, node->pid_namespace};
  int count = node->pid_namespace < 0 ? NODE_NAMESPACES - 1 : NODE_NAMESPACES;
  char byte = (char)count;
  char space[CMSG_SPACE(sizeof descriptors)] = {0};
  struct iovec vector = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
  memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int node_receive_namespaces(int socket, int *descriptors) {
  char byte = 0;
  char space[CMSG_SPACE(sizeof(int) * NODE_NAMESPACES)];
  struct iovec vector = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  ssize_t amount;
  do amount = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (amount < 0 && errno == EINTR);
  if (amount != 1) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL) return byte == 0 ? 0 : -1;
  int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t)count);
  return count;
}
