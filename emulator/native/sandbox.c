/*
 * `native sandbox --name NAME --rootfs DIR [--bind FILE=NAME]... [--mount ro=PATH|rw=PATH]... [--range FIRST]`: one lab. This process is the lab's holder outside;
 * it claims the name by an abstract socket (a lock that vanishes with its process), makes the sandbox (user, PID, mount, network,
 * IPC and UTS namespaces, ids mapped to a sub-range, the image as root and the old root gone) and waits for its first process. When
 * either dies, the kernel takes everything with it. Standard input and output go to the first process (sandbox_init.c). SIGTERM, SIGINT
 * and SIGHUP end the lab, and the holder once all of it is gone.
 */
#define _GNU_SOURCE
#include "sandbox.h"
#include "host_ties.h"
#include "line.h"
#include "native.h"
#include "sandbox_root.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RANGE_LENGTH = 65536, BACKLOG = 128 };

struct options {
  const char *name;
  struct sandbox_root root;
  unsigned range;
};

/* A line that the harness understands goes to standard output, as every answer does. */
__attribute__((format(printf, 2, 3))) static int failed(const char *code, const char *format, ...) {
  va_list arguments;
  char text[1024];
  int reason = errno;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (reason != 0 && length >= 0 && length < (int)sizeof text) snprintf(text + length, sizeof text - (size_t)length, ": %s", strerror(reason));
  (void)line_write(STDOUT_FILENO, (const char *const[]){"error", code, text}, 3);
  return 1;
}

static int claim(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "farmlab/lab/%u/%s", (unsigned)getuid(), name);
  if (length >= (int)sizeof address.sun_path - 1) {
    errno = ENAMETOOLONG;
    failed("name-too-long", "the lab name %s", name);
    return -1;
  }
  int lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (lock < 0 || bind(lock, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0) {
    failed(errno == EADDRINUSE ? "name-taken" : "claim", "claiming the lab name %s", name);
    return -1;
  }
  if (listen(lock, BACKLOG) == 0) return lock;
  failed("claim", "listening at the lab name %s", name);
  return -1;
}

static int write_text(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  ssize_t amount = write(descriptor, text, strlen(text));
  close(descriptor);
  return amount == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_ids(pid_t child, unsigned range) {
  char path[64], text[64];
  snprintf(text, sizeof text, "0 %u %u\n", range, (unsigned)RANGE_LENGTH);
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
    else if (strcmp(argv[index], "--range") == 0) options->range = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(argv[index], "--bind") == 0 && root->bind_count < SANDBOX_BINDS_MAX && strchr(value, '=') != NULL) root->binds[root->bind_count++] = value;
    else if (strcmp(argv[index], "--mount") == 0 && root->mount_count < SANDBOX_MOUNTS_MAX && is_mount(value)) root->mounts[root->mount_count++] = value;
    else return -1;
  }
  return options->name == NULL || root->rootfs == NULL ? -1 : 0;
}

/* Who connects to the lab's name learns the first process' id, if it is the same user or root. */
static void answer_who_asks(int lock, pid_t child) {
  int asker = accept4(lock, NULL, NULL, SOCK_CLOEXEC);
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (asker < 0) return;
  if (getsockopt(asker, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && (credentials.uid == 0 || credentials.uid == getuid())) {
    char text[64];
    int size = snprintf(text, sizeof text, "%d\t%d\n", (int)getpid(), (int)child);
    /* Who asks and goes away must not end the lab. */
    (void)send(asker, text, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  close(asker);
}

static int hold(int lock, pid_t child) {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int *one = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, 0}; *one != 0; one += 1) sigaddset(&handled, *one);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
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
    answer_who_asks(lock, child);
  }
}

/* In the child: becomes root of the new namespaces once its ids are mapped. `mapped` stays open at the holder's end as long as it lives. */
static void become_first_process(const char *name, int mapped) {
  char byte;
  if (read(mapped, &byte, 1) != 1) _exit(1);
  /* Dies with its holder; after the ids change, which clears the death signal. */
  if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) _exit(failed("ids", "taking the mapped root id"));
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
  if (parse(argc, argv, &options) < 0) return failed("usage", "native sandbox --name NAME --rootfs DIR [--bind FILE=NAME]... [--mount ro=PATH|rw=PATH]...");
  setsid();
  /* Every process of a lab shows in its environment whose it is. */
  setenv("FARMLAB_LAB", options.name, 1);
  int lock = claim(options.name);
  if (lock < 0) return 1;
  const char *step = sandbox_root_prepare(&options.root);
  if (step != NULL) return failed("prepare", "preparing the lab's root: %s", step);

  int mapped[2];
  if (pipe2(mapped, O_CLOEXEC) < 0) return failed("pipe", "pipe");
  unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
  pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
  if (child < 0) return failed("no-namespaces", "making namespaces");
  if (child == 0) {
    close(mapped[1]);
    close(lock);
    become_first_process(options.name, mapped[0]);
  }
  close(mapped[0]);
  if (map_ids(child, options.range) < 0 || write(mapped[1], "", 1) != 1) {
    failed("ids", "mapping ids to %u", options.range);
    kill(child, SIGKILL);
    return 1;
  }
  /* Only the first process may keep the harness' pipes open: their end must reach it. */
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  prctl(PR_SET_NAME, "farmlab-holder");
  return hold(lock, child);
}
