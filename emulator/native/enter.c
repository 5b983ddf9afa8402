/*
 * `native enter PID [--node NAME] [--namespace NS] -- PROGRAM ARGS...`: runs a program in the lab whose first process is PID (as
 * this process sees it), in one of its nodes; or in the container whose first process that is. The kernel decides who may: setns into the
 * lab's user namespace needs its owner, into a container root.
 * Exit code: the program's own; 128 + signal; 125 for failures of entering, 126 and 127 as a shell has them.
 */
#define _GNU_SOURCE
#include "enter_container.h"
#include "enter_keeper.h"
#include "host_ties.h"
#include "inner_namespace.h"
#include "native.h"
#include "node_hand_over.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals for the program go to its keeper as bytes. */
static int orders_out = -1;

static void pass_on(int number, siginfo_t *info, void *context) {
  (void)context;
  /* What a terminal sends it sends to the program as well, which is in our group then. */
  if (info->si_code == SI_KERNEL && isatty(STDIN_FILENO)) return;
  int reason = errno;
  unsigned char byte = (unsigned char)number;
  if (write(orders_out, &byte, 1) < 0) errno = 0; /* the keeper has ended: its status is on its way */
  errno = reason;
}

__attribute__((format(printf, 1, 2))) static int failed(const char *format, ...) {
  va_list arguments;
  int reason = errno;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, ": %s\n", strerror(reason));
  return 125;
}

static int open_namespace(const char *pid, const char *kind) {
  char path[64];
  if (snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kind) >= (int)sizeof path || strchr(pid, '/') != NULL) {
    errno = EINVAL;
    return -1;
  }
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* The first process' namespaces, user first: only then does this process hold the rights for the others. A container has our user namespace. */
static int join_first_process(const char *pid) {
  static const struct {
    const char *kind;
    int flag;
  } kinds[] = {{"user", CLONE_NEWUSER}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"pid", CLONE_NEWPID}, {"mnt", CLONE_NEWNS}};
  enum { COUNT = sizeof kinds / sizeof kinds[0] };
  int descriptors[COUNT];
  struct container_limits limits;
  for (int index = 0; index < COUNT; index += 1) {
    descriptors[index] = open_namespace(pid, kinds[index].kind);
    if (descriptors[index] < 0) return failed("no lab at process %s", pid);
  }
  if (container_limits_join(pid, &limits) < 0) return failed("joining the container's control groups");
  for (int index = limits.is_container ? 1 : 0; index < COUNT; index += 1) {
    if (setns(descriptors[index], kinds[index].flag) < 0) return failed("entering the lab's %s namespace", kinds[index].kind);
    close(descriptors[index]);
  }
  if (setgroups(0, NULL) < 0 && errno != EPERM) return failed("setgroups");
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return failed("taking the lab's root id");
  if (container_limits_apply(&limits) < 0) return failed("giving up rights that the container lacks");
  return 0;
}

/* Asks the sandbox's first process for the node's namespaces; they come as descriptors. */
static int join_node(const char *name) {
  int descriptors[NODE_NAMESPACES];
  int count = node_hand_over_ask(name, descriptors);
  if (count == 0) {
    fprintf(stderr, "no node named %s in this lab\n", name);
    return 125;
  }
  if (count < 0) return failed("asking the lab for node %s", name);
  for (int index = 0; index < count; index += 1) {
    if (setns(descriptors[index], 0) < 0) return failed("entering node %s", name);
    close(descriptors[index]);
  }
  return 0;
}

/* The keeper's parent ends at once, so that the lab's own first process becomes its parent. */
static int start_keeper(int argc, char **argv, char **program, const int orders[2], const int told[2]) {
  pid_t between = fork();
  if (between < 0) return failed(errno == ENOMEM ? "the node's first process has ended" : "fork");
  if (between == 0) {
    pid_t keeper = fork();
    if (keeper == 0) {
      close(orders[1]);
      close(told[0]);
      enter_keeper(argc, argv, program, orders[0], told[1]);
    }
    _exit(keeper < 0);
  }
  int result;
  while (waitpid(between, &result, 0) < 0) {
    if (errno != EINTR) return failed("waiting");
  }
  return result == 0 ? 0 : failed("fork");
}

static int run(int argc, char **argv, char **program) {
  static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  enum { COUNT = sizeof passed_on / sizeof passed_on[0] };
  int orders[2], told[2];
  if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(told, O_CLOEXEC) < 0) return failed("pipe");
  sigset_t held, before;
  sigemptyset(&held);
  for (int index = 0; index < COUNT; index += 1) sigaddset(&held, passed_on[index]);
  sigprocmask(SIG_BLOCK, &held, &before);
  int code = start_keeper(argc, argv, program, orders, told);
  if (code != 0) return code;
  close(orders[0]);
  close(told[1]);
  orders_out = orders[1];
  signal(SIGPIPE, SIG_IGN);
  struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO};
  for (int index = 0; index < COUNT; index += 1) sigaction(passed_on[index], &action, NULL);
  /* Whoever asked for the program may die without a word; then it ends. */
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigprocmask(SIG_SETMASK, &before, NULL);
  int status;
  ssize_t amount;
  do amount = read(told[0], &status, sizeof status);
  while (amount < 0 && errno == EINTR);
  if (amount != sizeof status) return 128 + SIGKILL; /* the keeper ended with the lab */
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int enter_main(int argc, char **argv) {
  const char *node = NULL;
  const char *namespace = NULL;
  int index = 2;
  host_ties_close_descriptors();
  for (; index + 1 < argc && strcmp(argv[index], "--") != 0; index += 2) {
    if (strcmp(argv[index], "--node") == 0) node = argv[index + 1];
    else if (strcmp(argv[index], "--namespace") == 0) namespace = argv[index + 1];
    else break;
  }
  if (argc < 4 || index + 1 >= argc || strcmp(argv[index], "--") != 0) {
    fprintf(stderr, "usage: native enter PID [--node NAME] [--namespace NS] -- PROGRAM ARGS...\n");
    return 125;
  }
  int code = join_first_process(argv[1]);
  if (code == 0 && node != NULL) code = join_node(node);
  if (code != 0) return code;
  if (namespace != NULL && inner_namespace_join(namespace) < 0) return failed("no namespace %s in the node", namespace);
  return run(argc, argv, argv + index + 1);
}
