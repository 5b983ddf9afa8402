/* Making nodes; see node.h. */
#define _GNU_SOURCE
#include "node.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where farmlab-init expects the pipe on which it says that it listens. */
enum { INIT_REPORT = 3 };

int node_name_is_good(const char *name) {
  if (name[0] == '\0' || name[0] == '.' || strlen(name) >= NODE_NAME_MAX) return 0;
  for (const char *byte = name; *byte != '\0'; byte += 1) {
    if (*byte == '/' || (unsigned char)*byte <= ' ' || *byte == 0x7f) return 0;
  }
  return 1;
}

/* Private over the shared image: the image stays below, what the node writes goes to its own memory. */
int node_private_directory(const char *path) {
  char name[256], upper[288], work[288], options[1024];
  if (snprintf(name, sizeof name, "%s", path + 1) >= (int)sizeof name) {
    errno = ENAMETOOLONG;
    return -1;
  }
  for (char *slash = name; (slash = strchr(slash, '/')) != NULL;) *slash = '%';
  snprintf(upper, sizeof upper, "/run/.private/%s", name);
  snprintf(work, sizeof work, "/run/.private/%s-work", name);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,userxattr", path, upper, work);
  if (mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0) return -1;
  return mount("overlay", path, "overlay", MS_NOSUID | MS_NODEV, options);
}

static int memory_at(const char *path, const char *options) { return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options); }

/* What only nodes with processes of their own need in memory. */
static const char *set_up_memory_for_init(void) {
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "mounting /proc";
  return memory_at("/dev/shm", NODE_SHM_SIZE ",mode=1777") < 0 ? "mounting /dev/shm" : NULL;
}

/* What a node finds empty whenever it starts. */
static const char *set_up_memory(int with_init) {
  /* The new view of /sys comes while an old one is still there: the kernel demands a visible one. */
  if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0) return "mounting /sys";
  if (memory_at("/tmp", NODE_TMP_SIZE ",mode=1777") < 0) return "mounting /tmp";
  if (mkdir("/run/farmlab", 0755) < 0 || mkdir("/run/netns", 0755) < 0) return "filling /run";
  return with_init ? set_up_memory_for_init() : NULL;
}

/* What a node keeps: its disk, which lies in its /run, and its logs. */
static const char *set_up_disk(int with_init) {
  if (mkdir("/run/.private", 0700) < 0) return "filling /run";
  if (node_private_directory("/etc") < 0) return "a private /etc";
  if (node_private_directory("/var") < 0) return "a private /var";
  if (!with_init) return NULL;
  /* Logs in memory of their own: a daemon that fills it takes no room from the node's state. */
  if (mkdir("/var/log/farmlab", 0755) < 0 || memory_at("/var/log/farmlab", NODE_LOG_SIZE ",mode=755") < 0) return "mounting /var/log/farmlab";
  return NULL;
}

/* Answers the name of the step that failed, or NULL. */
static const char *set_up_mounts(int with_init, int again) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
  const char *step = again ? node_forget_memory(with_init) : memory_at("/run", NODE_STATE_SIZE ",mode=755") < 0 ? "mounting /run" : set_up_disk(with_init);
  return step != NULL ? step : set_up_memory(with_init);
}

struct start {
  const char *name;
  int with_init;
  int again;  /* the mounts are a copy of those that the node had */
  int report; /* the child writes one byte when all is set up, or the words of what failed */
  int hold;   /* the child of a node without init ends when this is closed: by then its namespaces are held */
};

/* farmlab-init itself says when it listens. It gets none of the harness' pipes: who is root in a node must not write answers into them. */
static void become_init(int report) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) return;
  if (report != INIT_REPORT ? dup2(report, INIT_REPORT) < 0 : fcntl(report, F_SETFD, 0) < 0) return;
  char *arguments[] = {"farmlab-init", "init", NULL};
  char lab[NODE_NAME_MAX + 128];
  snprintf(lab, sizeof lab, "FARMLAB_LAB=%s", getenv("FARMLAB_LAB"));
  char *environment[] = {"PATH=" NODE_PATH, "HOME=/root", lab, NULL};
  execve("/usr/lib/farmlab/native", arguments, environment);
}

static void node_child(const struct start *start) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  const char *step = sethostname(start->name, strlen(start->name)) < 0 ? "naming the host" : set_up_mounts(start->with_init, start->again);
  if (step == NULL && start->with_init) {
    become_init(start->report);
    step = "starting farmlab-init";
  }
  if (step != NULL) {
    dprintf(start->report, "%s: %s", step, strerror(errno));
    _exit(1);
  }
  char byte = 0;
  if (write(start->report, &byte, 1) != 1) _exit(1);
  while (read(start->hold, &byte, 1) < 0 && errno == EINTR) continue;
  _exit(0);
}

/* Those that are held already stay; -1 when one could not be held. */
static int hold_namespaces(struct node *node, pid_t child) {
  static const char *const kinds[] = {[NODE_NET] = "net", [NODE_MOUNT] = "mnt", [NODE_UTS] = "uts", [NODE_PID] = "pid", [NODE_IPC] = "ipc"};
  for (int index = 0; index < (node->has_init ? NODE_NAMESPACES : NODE_PID); index += 1) {
    if (node->namespaces[index] >= 0) continue;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)child, kinds[index]);
    node->namespaces[index] = open(path, O_RDONLY | O_CLOEXEC);
    if (node->namespaces[index] < 0) return -1;
  }
  return 0;
}

static void let_go(struct node *node, int first) {
  for (int index = first; index < NODE_NAMESPACES; index += 1) {
    if (node->namespaces[index] >= 0) close(node->namespaces[index]);
    node->namespaces[index] = -1;
  }
}

/* The kernel's words for a limit that is reached would send who reads them looking for a full disk. */
static const char *refusal_words(int reason) {
  switch (reason) {
  case ENOSPC: case EUSERS: return "there may be no more namespaces: a limit in /proc/sys/user is reached";
  case EAGAIN: return "there may be no more processes: the limit of ulimit -u, or of the control group, is reached";
  case EMFILE: case ENFILE: return "there may be no more open files: the limit of ulimit -n is reached";
  default: return strerror(reason);
  }
}

/* Where the caller came from to let a child begin elsewhere. */
struct home {
  int network, mounts;
};

/* There is no living on in a node's namespaces. */
static void go_home(const struct home *home) {
  if (setns(home->network, CLONE_NEWNET) < 0 || setns(home->mounts, CLONE_NEWNS) < 0) _exit(1);
}

/* Starts the node's first process, in a new network, or in the network and with a copy of the mounts that the caller has gone to from `home`. */
static int start_process(struct node *node, const struct home *home, char *error, size_t error_size) {
  int report[2] = {-1, -1}, hold[2] = {-1, -1};
  pid_t child = -1;
  if (pipe2(report, O_CLOEXEC) == 0 && pipe2(hold, O_CLOEXEC) == 0) {
    unsigned long flags = CLONE_NEWNS | CLONE_NEWUTS | (home == NULL ? CLONE_NEWNET : 0) | (node->has_init ? CLONE_NEWPID | CLONE_NEWIPC : 0) | SIGCHLD;
    child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
  }
  if (child == 0) {
    close(hold[1]);
    close(report[0]);
    node_child(&(struct start){.name = node->name, .with_init = node->has_init, .again = home != NULL, .report = report[1], .hold = hold[0]});
  }
  int reason = errno;
  if (home != NULL) go_home(home);
  errno = reason;
  int held = child > 0 ? hold_namespaces(node, child) : -1;
  if (held < 0) snprintf(error, error_size, "%s: %s", node->name, refusal_words(errno));
  if (report[1] >= 0) close(report[1]);
  if (hold[0] >= 0) close(hold[0]);
  if (hold[1] >= 0) close(hold[1]);
  if (held == 0) {
    node->init = node->has_init ? child : 0;
    node->report = report[0];
    return 0;
  }
  if (child > 0) kill(child, SIGKILL);
  if (report[0] >= 0) close(report[0]);
  let_go(node, NODE_MOUNT);
  return -1;
}

int node_start(struct node *node, const char *name, int with_init, char *error, size_t error_size) {
  memset(node, 0, sizeof *node);
  for (int index = 0; index < NODE_NAMESPACES; index += 1) node->namespaces[index] = -1;
  snprintf(node->name, sizeof node->name, "%s", name);
  node->has_init = with_init;
  node->report = -1;
  node->next_network = -1;
  if (start_process(node, NULL, error, error_size) == 0) return 0;
  let_go(node, NODE_NET);
  return -1;
}

int node_power_on(struct node *node, char *error, size_t error_size) {
  if (!node->is_off) return 0;
  struct home home = {.network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), .mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)};
  int disk = node->namespaces[NODE_MOUNT];
  int result = -1;
  if (home.network < 0 || home.mounts < 0) {
    snprintf(error, error_size, "%s: %s", node->name, strerror(errno));
  } else if (setns(node->namespaces[NODE_NET], CLONE_NEWNET) < 0 || setns(disk, CLONE_NEWNS) < 0) {
    snprintf(error, error_size, "%s: %s", node->name, strerror(errno));
    go_home(&home);
  } else {
    /* What is held from now on is the copy of the mounts, which the child tidies up. */
    node->namespaces[NODE_MOUNT] = -1;
    result = start_process(node, &home, error, error_size);
    if (result == 0) close(disk);
    else node->namespaces[NODE_MOUNT] = disk;
  }
  if (home.network >= 0) close(home.network);
  if (home.mounts >= 0) close(home.mounts);
  node->is_off = result < 0;
  return result;
}

int node_settle(struct node *node, char *error, size_t error_size) {
  if (node->report < 0) return 0;
  char words[256];
  ssize_t amount;
  do amount = read(node->report, words, sizeof words - 1);
  while (amount < 0 && errno == EINTR);
  if (amount == 1 && words[0] == 0) {
    close(node->report);
    node->report = -1;
    return 0;
  }
  words[amount > 0 ? amount : 0] = '\0';
  snprintf(error, error_size, "%s: %s", node->name, amount > 0 ? words : "ended while starting");
  return -1;
}
