/* The end of a node's life, and its processes stopped in it; see node.h. Starting it again is node.c's. */
#define _GNU_SOURCE
#include "node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Looks at all processes again, for those that were made meanwhile, so often at most. */
enum { LOOKS_MAX = 1000 };

int node_make_next_network(struct node *node, char *error, size_t error_size) {
  if (node->next_network >= 0) return node->next_network;
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home >= 0 && unshare(CLONE_NEWNET) == 0) {
    node->next_network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (setns(home, CLONE_NEWNET) < 0) _exit(1);
  }
  if (node->next_network < 0) snprintf(error, error_size, "%s: a network namespace: %s", node->name, strerror(errno));
  if (home >= 0) close(home);
  return node->next_network;
}

/* A process is the node's if it sees the node's files. */
static int is_of(const struct stat *mounts, const char *pid) {
  char path[288];
  struct stat its;
  snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
  return stat(path, &its) == 0 && its.st_ino == mounts->st_ino && its.st_dev == mounts->st_dev;
}

/* proc_pid_status(5). */
struct status {
  char state; /* `X` for one that is gone */
  int stop_waits;
};

static struct status status_of(const char *pid) {
  char path[288], line[256];
  struct status status = {.state = 'X'};
  unsigned long long pending;
  snprintf(path, sizeof path, "/proc/%s/status", pid);
  FILE *file = fopen(path, "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "State: %c", &status.state) == 1) continue;
    if (sscanf(line, "ShdPnd: %llx", &pending) == 1) status.stop_waits = pending >> (SIGSTOP - 1) & 1;
  }
  if (file != NULL) fclose(file);
  return status;
}

/* Sends a signal to every process of the node that `wanted` says yes to; how many there were, or -1. */
static int signal_all(struct node *node, int number, int (*wanted)(struct node *node, const char *pid)) {
  struct stat mounts;
  DIR *processes = opendir("/proc");
  if (processes == NULL || fstat(node->namespaces[NODE_MOUNT], &mounts) < 0) {
    if (processes != NULL) closedir(processes);
    return -1;
  }
  int count = 0;
  for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !is_of(&mounts, entry->d_name) || !wanted(node, entry->d_name)) continue;
    if (kill((pid_t)strtol(entry->d_name, NULL, 10), number) == 0) count += 1;
  }
  closedir(processes);
  return count;
}

static int anybody(struct node *node, const char *pid) {
  (void)node;
  (void)pid;
  return 1;
}

/* Says yes to who still runs, and notes it down if nobody has told it to stop. One that waits in the kernel (`D`), as for a child that is
   stopped, does nothing of its own before it has stopped. */
static int running(struct node *node, const char *pid) {
  struct status status = status_of(pid);
  if (strchr("TtZX", status.state) != NULL || (status.state == 'D' && status.stop_waits)) return 0;
  if (status.stop_waits) return 1;
  pid_t *grown = reallocarray(node->frozen, node->frozen_count + 1, sizeof *grown);
  if (grown == NULL) return 0;
  node->frozen = grown;
  node->frozen[node->frozen_count++] = (pid_t)strtol(pid, NULL, 10);
  return 1;
}

static void forget_frozen(struct node *node) {
  free(node->frozen);
  node->frozen = NULL;
  node->frozen_count = 0;
}

static int failed(const struct node *node, const char *what, char *error, size_t error_size) {
  snprintf(error, error_size, "%s: %s: %s", node->name, what, strerror(errno));
  return -1;
}

int node_freeze(struct node *node, char *error, size_t error_size) {
  if (node->is_off) return 0;
  for (int look = 0; look < LOOKS_MAX; look += 1) {
    int count = signal_all(node, SIGSTOP, running);
    if (count < 0) return failed(node, "stopping its processes", error, error_size);
    if (count == 0) return 0;
  }
  errno = EAGAIN;
  return failed(node, "its processes do not stop", error, error_size);
}

int node_thaw(struct node *node, char *error, size_t error_size) {
  (void)error;
  (void)error_size;
  for (size_t index = 0; index < node->frozen_count; index += 1) kill(node->frozen[index], SIGCONT);
  forget_frozen(node);
  return 0;
}

int node_power_off(struct node *node, char *error, size_t error_size) {
  if (node->is_off) return 0;
  if (node->next_network < 0) {
    errno = EINVAL;
    return failed(node, "it has no next network", error, error_size);
  }
  if (node->init > 0) {
    /* When the first process is told dead, everybody in its PID namespace is. */
    kill(node->init, SIGKILL);
    while (waitpid(node->init, NULL, 0) < 0 && errno == EINTR) continue;
  }
  int left = 1;
  for (int look = 0; left > 0 && look < LOOKS_MAX; look += 1) left = signal_all(node, SIGKILL, anybody);
  if (left != 0) return failed(node, "its processes do not end", error, error_size);
  forget_frozen(node);
  for (int index = 0; index < NODE_NAMESPACES; index += 1) {
    if (index == NODE_MOUNT || node->namespaces[index] < 0) continue;
    close(node->namespaces[index]);
    node->namespaces[index] = -1;
  }
  if (node->report >= 0) close(node->report);
  node->report = -1;
  node->namespaces[NODE_NET] = node->next_network;
  node->next_network = -1;
  node->init = 0;
  node->is_off = 1;
  return 0;
}
