/* See enter_keeper.h. */
#define _GNU_SOURCE
#include "enter_keeper.h"
#include "host_ties.h"
#include "node.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct kept {
  pid_t pid;
  int in_own_session;
  int is_ending;
  long long kill_at_ms; /* 0: nothing due */
};

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void become_program(char **program, int in_own_session) {
  sigset_t none;
  if (in_own_session) setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const char *terminal = getenv("TERM");
  char *kept = terminal == NULL ? NULL : strdup(terminal);
  clearenv();
  setenv("PATH", NODE_PATH, 1);
  setenv("HOME", "/root", 1);
  if (kept != NULL) setenv("TERM", kept, 1);
  umask(022);
  if (chdir("/") < 0) _exit(125);
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number += 1) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execvp(program[0], program);
  fprintf(stderr, "%s: %s\n", program[0], strerror(errno));
  _exit(errno == ENOENT ? 127 : 126);
}

/* The program, with its children where they are a group of their own: which it may not have made yet. */
static void signal_program(const struct kept *kept, int number) {
  if (!kept->in_own_session || kill(-kept->pid, number) < 0) kill(kept->pid, number);
}

/* Answers 0 when no more orders come. */
static int follow_orders(struct kept *kept, int orders) {
  unsigned char number;
  ssize_t amount = read(orders, &number, 1);
  if (amount < 0) return 1;
  if (amount == 0) number = SIGKILL;
  if (number == SIGTERM || number == SIGHUP || number == SIGKILL) kept->is_ending = 1;
  if (number == SIGTERM || number == SIGHUP) kept->kill_at_ms = now_ms() + KEEPER_GRACE_MS;
  signal_program(kept, number);
  return amount > 0;
}

/* Whether the program has ended; what it leaves of its group goes with it if it was made to end, while its id is still its own. */
static int has_ended(const struct kept *kept, int *status) {
  siginfo_t child = {0};
  if (waitid(P_PID, (id_t)kept->pid, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid == 0) return 0;
  if (kept->is_ending && kept->in_own_session) kill(-kept->pid, SIGKILL);
  return waitpid(kept->pid, status, 0) == kept->pid;
}

/* NULL where there is no memory for it. */
static char **copy_of(char **words) {
  size_t count = 0;
  while (words[count] != NULL) count += 1;
  char **copy = calloc(count + 1, sizeof *copy);
  for (size_t index = 0; copy != NULL && index < count; index += 1) {
    copy[index] = strdup(words[index]);
    if (copy[index] == NULL) return NULL;
  }
  return copy;
}

/* What `ps` shows in the lab: not the host's paths and not the program's words a second time. */
static void take_name(int argc, char **argv) {
  static const char name[] = "farmlab-exec";
  char *start = program_invocation_name; /* argv begins behind the subcommand's program */
  char *end = argv[argc - 1] + strlen(argv[argc - 1]);
  memset(start, 0, (size_t)(end - start));
  if ((size_t)(end - start) >= sizeof name) memcpy(start, name, sizeof name);
  prctl(PR_SET_NAME, name);
}

void enter_keeper(int argc, char **argv, char **program, int orders, int status_pipe) {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGTSTP); /* a terminal that stops the program stops its keeper */
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  int signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
  host_ties_cut();
  /* A program at a terminal stays in the terminal's session; any other has its own, so that all of it can be ended. */
  struct kept kept = {.in_own_session = !isatty(STDIN_FILENO)};
  /* Before there is the program, which may look for its like. */
  char **words = copy_of(program);
  if (words != NULL) take_name(argc, argv);
  kept.pid = signals < 0 || words == NULL ? -1 : fork();
  if (kept.pid == 0) become_program(words, kept.in_own_session);
  if (kept.pid < 0) {
    fprintf(stderr, "starting %s: %s\n", words == NULL ? program[0] : words[0], strerror(errno));
    _exit(1);
  }
  /* Whoever reads or feeds the program must see its ends close, not ours. */
  for (int descriptor = 0; descriptor <= 2; descriptor += 1) close(descriptor);
  int status;
  while (!has_ended(&kept, &status)) {
    struct pollfd polls[2] = {{.fd = signals, .events = POLLIN}, {.fd = orders, .events = POLLIN}};
    long long left = kept.kill_at_ms == 0 ? -1 : kept.kill_at_ms - now_ms();
    if (kept.kill_at_ms != 0 && left <= 0) {
      signal_program(&kept, SIGKILL);
      kept.kill_at_ms = 0;
      left = -1;
    }
    poll(polls, 2, (int)left);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) continue;
    if (polls[1].revents && !follow_orders(&kept, orders)) orders = -1;
  }
  _exit(write(status_pipe, &status, sizeof status) == sizeof status ? 0 : 1);
}
