/*
 * `native enter PID [--node NAME] [--namespace NS] -- PROGRAM ARGS...`: runs a program in the lab whose first process is PID (as
 * this process sees it), in one of its nodes. The kernel decides who may: setns into the lab's user namespace needs its owner.
 * Exit code: the program's own; 128 + signal; 125 for failures of entering, 126 and 127 as a shell has them.
 */
#define _GNU_SOURCE
#include "native.h"
#include "node.h"

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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t program;

static void pass_on(int signal_number) {
  if (program > 0) kill(program, signal_number);
}

__attribute__((format(printf, 1, 2))) static int failed(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, ": %s\n", strerror(errno));
  return 125;
}

static int open_namespace(const char *pid, const char *kind) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kind);
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
  int control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address;
  socklen_t length = node_control_address(&address);
  if (control < 0 || connect(control, (struct sockaddr *)&address, length) < 0) return failed("the lab does not answer");
  if (dprintf(control, "%s\n", name) < 0) return failed("asking for node %s", name);
  int descriptors[NODE_NAMESPACES];
  int count = node_receive_namespaces(control, descriptors);
  close(control);
  if (count == 0) {
    fprintf(stderr, "no node named %s in this lab\n", name);
    return 125;
  }
  if (count < 0) return failed("receiving the namespaces of node %s", name);
  for (int index = 0; index < count; index += 1) {
    if (setns(descriptors[index], 0) < 0) return failed("entering node %s", name);
    close(descriptors[index]);
  }
  return 0;
}

static int run(char **argv) {
  /* A handler before the fork: a signal that comes between must not end the parent alone. */
  struct sigaction action = {.sa_handler = pass_on};
  static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  for (unsigned index = 0; index < sizeof passed_on / sizeof passed_on[0]; index += 1) sigaction(passed_on[index], &action, NULL);
  program = fork();
  if (program < 0) return failed("fork");
  if (program == 0) {
    for (unsigned index = 0; index < sizeof passed_on / sizeof passed_on[0]; index += 1) signal(passed_on[index], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *terminal = getenv("TERM");
    char *kept = terminal == NULL ? NULL : strdup(terminal);
    clearenv();
    setenv("PATH", NODE_PATH, 1);
    setenv("HOME", "/root", 1);
    if (kept != NULL) setenv("TERM", kept, 1);
    if (chdir("/") < 0) _exit(failed("chdir"));
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
  }
  int status;
  while (waitpid(program, &status, 0) < 0) {
    if (errno != EINTR) return failed("waiting");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int enter_main(int argc, char **argv) {
  const char *node = NULL;
  const char *namespace = NULL;
  int index = 2;
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
  if (namespace != NULL) {
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", namespace);
    int descriptor = strchr(namespace, '/') == NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0 || setns(descriptor, CLONE_NEWNET) < 0) return failed("no namespace %s in the node", namespace);
    close(descriptor);
  }
  return run(argv + index + 1);
}
