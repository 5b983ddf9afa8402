/*
 * `native sandbox --name NAME --rootfs DIR|--host-root DIR [--bind FILE=NAME]... [--mount ro=PATH|rw=PATH]... [--range FIRST]
 * [--subordinate USERS,GROUPS]`: one lab. This process is the lab's holder outside;
 * it claims the name by an abstract socket (a lock that vanishes with its process), makes the sandbox (user, PID, mount, network,
 * IPC and UTS namespaces, ids mapped to a sub-range, the image as root and the old root gone) and waits for its first process. When
 * either dies, the kernel takes everything with it. Standard input and output go to the first process (sandbox_init.c). SIGTERM, SIGINT
 * and SIGHUP end the lab, and the holder once all of it is gone. Of a user who is not root, --subordinate names the first subordinate user
 * and group id: the holder then takes itself into a user namespace first, whose root it is, and does there what root does outside.
 */
#define _GNU_SOURCE
#include "sandbox.h"
#include "holder.h"
#include "host_ties.h"
#include "native.h"
#include "sandbox_root.h"
#include "user_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
  const char *name;
  struct sandbox_root root;
  unsigned range;
  int is_of_user;
  unsigned users, groups; /* subordinate ids, where it is */
};

static int write_text(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  ssize_t amount = write(descriptor, text, strlen(text));
  close(descriptor);
  return amount == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_ids(pid_t child, const struct options *options) {
  char path[64], text[64];
  /* A line of the map may not span two lines of the one that it stands on (user_namespace.h). */
  if (options->is_of_user) snprintf(text, sizeof text, "0 0 1\n1 1 %u\n", (unsigned)ID_COUNT - 1);
  else snprintf(text, sizeof text, "0 %u %u\n", options->range, (unsigned)ID_COUNT);
  snprintf(path, sizeof path, "/proc/%d/uid_map", (int)child);
  if (write_text(path, text) < 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/gid_map", (int)child);
  return write_text(path, text);
}

static int is_mount(const char *value) { return strncmp(value, "ro=/", 4) == 0 || strncmp(value, "rw=/", 4) == 0; }

static int parse(int argc, char **argv, struct options *options) {
  memset(options, 0, sizeof *options);
  options->range = SANDBOX_RANGE_FIRST;
  struct sandbox_root *root = &options->root;
  for (int index = 1; index < argc; index += 2) {
    const char *value = index + 1 < argc ? argv[index + 1] : NULL;
    if (value == NULL) return -1;
    if (strcmp(argv[index], "--name") == 0) options->name = value;
    else if (strcmp(argv[index], "--rootfs") == 0) root->rootfs = value;
    else if (strcmp(argv[index], "--host-root") == 0) root->rootfs = value, root->of_host = 1;
    else if (strcmp(argv[index], "--range") == 0) options->range = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(argv[index], "--subordinate") == 0) options->is_of_user = sscanf(value, "%u,%u", &options->users, &options->groups) == 2;
    else if (strcmp(argv[index], "--bind") == 0 && root->bind_count < SANDBOX_BINDS_MAX && strchr(value, '=') != NULL) root->binds[root->bind_count++] = value;
    else if (strcmp(argv[index], "--mount") == 0 && root->mount_count < SANDBOX_MOUNTS_MAX && is_mount(value)) root->mounts[root->mount_count++] = value;
    else return -1;
  }
  /* In the namespace that the holder takes itself into, the lab's ids are what they are in the lab. */
  if (options->is_of_user) options->range = 0;
  root->owner = options->range;
  return options->name == NULL || root->rootfs == NULL ? -1 : 0;
}

static int hold(int lock, pid_t child) {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int *one = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, 0}; *one != 0; one += 1) sigaddset(&handled, *one);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  char answer[64];
  snprintf(answer, sizeof answer, "%d\t%d\n", (int)getpid(), (int)child);
  if (signals < 0) return 1;
  for (;;) {
    int status;
    /* A first process is only told dead once everything in its PID namespace is. */
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    struct pollfd polls[2] = {{.fd = signals, .events = POLLIN}, {.fd = lock, .events = POLLIN}};
    if (poll(polls, 2, -1) < 0 && errno != EINTR) return 1;
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGCHLD) kill(child, SIGKILL);
    }
    holder_answer(lock, answer);
  }
}

/* In the child: becomes root of the new namespaces once its ids are mapped. `mapped` stays open at the holder's end as long as it lives. */
static void become_first_process(const char *name, int mapped) {
  char byte;
  if (read(mapped, &byte, 1) != 1) _exit(1);
  /* Dies with its holder; after the ids change, which clears the death signal. */
  if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) _exit(holder_failed("ids", "taking the mapped root id"));
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct pollfd holder = {.fd = mapped};
  if (poll(&holder, 1, 0) != 0) _exit(1); /* it died before it could be noticed */
  close(mapped);
  /* Changing ids made its /proc entries the outer root's; it must read those of its children. */
  prctl(PR_SET_DUMPABLE, 1);
  prctl(PR_SET_NAME, "farmlab-sandbox");
  host_ties_cut();
  _exit(sandbox_first_process(name));
}

int sandbox_main(int argc, char **argv) {
  struct options options;
  host_ties_close_descriptors();
  signal(SIGPIPE, SIG_IGN);
  errno = 0;
  if (parse(argc, argv, &options) < 0)
    return holder_failed("usage", "native sandbox --name NAME --rootfs DIR|--host-root DIR [--bind FILE=NAME]... [--mount ro=PATH|rw=PATH]...");
  setsid();
  /* Every process of a lab shows in its environment whose it is. */
  setenv("FARMLAB_LAB", options.name, 1);
  int lock = holder_claim(options.name);
  if (lock < 0) return 1;
  /* After the name is claimed, which has the id that the user has outside. */
  const char *step = options.is_of_user ? user_namespace_enter(options.users, options.groups) : NULL;
  if (step != NULL) return holder_failed("ids", "the user's own user namespace: %s", step);
  step = sandbox_root_prepare(&options.root);
  if (step != NULL) return holder_failed("prepare", "preparing the lab's root: %s", step);

  int mapped[2];
  if (pipe2(mapped, O_CLOEXEC) < 0) return holder_failed("pipe", "pipe");
  unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
  pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
  if (child < 0) return holder_failed("no-namespaces", "making namespaces");
  if (child == 0) {
    close(mapped[1]);
    close(lock);
    become_first_process(options.name, mapped[0]);
  }
  close(mapped[0]);
  if (map_ids(child, &options) < 0 || write(mapped[1], "", 1) != 1) {
    holder_failed("ids", "mapping ids to %u", options.range);
    kill(child, SIGKILL);
    return 1;
  }
  /* Only the first process may keep the harness' pipes open: their end must reach it. */
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  prctl(PR_SET_NAME, HOLDER_PROCESS_NAME);
  return hold(lock, child);
}
