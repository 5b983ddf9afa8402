/*
 * `native enter PID [--node NAME] [--namespace NS] -- PROGRAM ARGS...`: runs a program in the lab whose first process is PID (as
 * this process sees it), in one of its nodes. The kernel decides who may: setns into the lab's user namespace needs its owner.
 * Exit code: the program's own; 128 + signal; 125 for failures of entering, 126 and 127 as a shell has them.
 */
#define _GNU_SOURCE
#include "host_ties.h"
#include "inner_namespace.h"
#include "native.h"
#include "node_hand_over.h"

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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program that was told to end and is still there after this is killed. */
enum { END_GRACE_S = 2 };

static pid_t program;
static int in_own_session;
static volatile sig_atomic_t ending;

/* The program, with its children where they are a group of their own: which it may not have made yet. */
static void signal_program(int number) {
  if (!in_own_session || kill(-program, number) < 0) kill(program, number);
}

static void pass_on(int number, siginfo_t *info, void *context) {
  (void)context;
  if (number == SIGALRM) return signal_program(SIGKILL);
  /* What a terminal sends it sends to the program as well, where that is in our group. */
  if (info->si_code != SI_KERNEL || in_own_session) signal_program(number);
  if (number != SIGTERM && number != SIGHUP) return;
  ending = 1;
  alarm(END_GRACE_S);
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

/* The sandbox's namespaces, user first: only then does this process hold the rights for the others. */
static int join_sandbox(const char *pid) {
  static const struct {
    const char *kind;
    int flag;
  } kinds[] = {{"user", CLONE_NEWUSER}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"pid", CLONE_NEWPID}, {"mnt", CLONE_NEWNS}};
  enum { COUNT = sizeof kinds / sizeof kinds[0] };
  int descriptors[COUNT];
  for (int index = 0; index < COUNT; index += 1) {
    descriptors[index] = open_namespace(pid, kinds[index].kind);
    if (descriptors[index] < 0) return failed("no lab at process %s", pid);
  }
  for (int index = 0; index < COUNT; index += 1) {
    if (setns(descriptors[index], kinds[index].flag) < 0) return failed("entering the lab's %s namespace", kinds[index].kind);
    close(descriptors[index]);
  }
  if (setgroups(0, NULL) < 0 && errno != EPERM) return failed("setgroups");
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return failed("taking the lab's root id");
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

/* In the child. `parent` can be read at its end, which is the death of the process that entered. */
static void become(char **argv, int parent) {
  if (in_own_session) setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct pollfd alive = {.fd = parent};
  if (poll(&alive, 1, 0) != 0) _exit(125); /* it died before it could be noticed */
  const char *terminal = getenv("TERM");
  char *kept = terminal == NULL ? NULL : strdup(terminal);
  clearenv();
  setenv("PATH", NODE_PATH, 1);
  setenv("HOME", "/root", 1);
  if (kept != NULL) setenv("TERM", kept, 1);
  umask(022);
  if (chdir("/") < 0) _exit(failed("chdir"));
  host_ties_cut();
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number += 1) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execvp(argv[0], argv);
  fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
  _exit(errno == ENOENT ? 127 : 126);
}

static int run(char **argv) {
  static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGALRM};
  enum { COUNT = sizeof passed_on / sizeof passed_on[0] };
  int life[2];
  if (pipe2(life, O_CLOEXEC) < 0) return failed("pipe");
  /* A program at a terminal stays in the terminal's session; any other has its own, so that all of it can be ended. */
  in_own_session = !isatty(STDIN_FILENO);
  sigset_t held, before;
  sigemptyset(&held);
  for (int index = 0; index < COUNT; index += 1) sigaddset(&held, passed_on[index]);
  sigprocmask(SIG_BLOCK, &held, &before);
  program = fork();
  if (program < 0) return failed(errno == ENOMEM ? "the node's first process has ended" : "fork");
  if (program == 0) {
    close(life[1]);
    become(argv, life[0]);
  }
  struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO};
  for (int index = 0; index < COUNT; index += 1) sigaction(passed_on[index], &action, NULL);
  sigprocmask(SIG_SETMASK, &before, NULL);
  int status;
  siginfo_t child;
  while (waitid(P_PID, (id_t)program, &child, WEXITED | WNOWAIT) < 0) {
    if (errno != EINTR) return failed("waiting");
  }
  /* While its id is still its own. */
  if (ending && in_own_session) signal_program(SIGKILL);
  sigprocmask(SIG_BLOCK, &held, NULL);
  if (waitpid(program, &status, 0) < 0) return failed("waiting");
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
  int code = join_sandbox(argv[1]);
  if (code == 0 && node != NULL) code = join_node(node);
  if (code != 0) return code;
  if (namespace != NULL && inner_namespace_join(namespace) < 0) return failed("no namespace %s in the node", namespace);
  return run(argv + index + 1);
}
