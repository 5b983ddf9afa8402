/*
 * `native hold --name NAME --about TEXT -- PROGRAM ARGS...`: the holder of a lab whose nodes a container engine runs. Claims the name as
 * the sandbox's holder does, tells `ready`, and ends the lab by running PROGRAM: when standard input ends and no line `detach` has come
 * before (its harness has died), or on SIGTERM, SIGINT or SIGHUP. The name is held until PROGRAM has ended; its code becomes ours. TEXT
 * goes to who asks for the lab.
 */
#define _GNU_SOURCE
#include "holder.h"
#include "host_ties.h"
#include "line.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNALS = 0, LOCK = 1, INPUT = 2, POLLS = 3, LINE_BYTES_MAX = 4096 };

struct held {
  int lock;
  int signals;
  int input; /* -1: nobody is there any more */
  char answer[512];
  struct line_reader reader;
};

static void answer_harness(const char *word) { (void)line_write(STDOUT_FILENO, &word, 1); }

/* Answers whether the lab is to end: its harness has gone without a word. */
static int read_harness(struct held *held, int *detached) {
  size_t length;
  int state = line_reader_fill(&held->reader, held->input);
  for (char *line; (line = line_reader_next(&held->reader, &length)) != NULL; line_reader_drop(&held->reader, length)) {
    if (strcmp(line, "detach") != 0) continue;
    *detached = 1;
    answer_harness("ok");
  }
  if (state > 0) return 0;
  held->input = -1;
  return !*detached;
}

/* Waits for what is to come; answers whether a signal to end came, and fills in whether the harness' going ends the lab. */
static int step(struct held *held, int *detached, int *ends) {
  struct pollfd polls[POLLS] = {{.fd = held->signals, .events = POLLIN}, {.fd = held->lock, .events = POLLIN}, {.fd = held->input, .events = POLLIN}};
  if (poll(polls, POLLS, -1) < 0 && errno != EINTR) return -1;
  struct signalfd_siginfo info;
  while (read(held->signals, &info, sizeof info) == sizeof info) *ends = *ends || info.ssi_signo != SIGCHLD;
  if (polls[LOCK].revents) holder_answer(held->lock, held->answer);
  if (polls[INPUT].revents && read_harness(held, detached)) *ends = 1;
  return 0;
}

/* What it says reaches the harness where that is still there. */
static pid_t start_teardown(char **program) {
  pid_t child = fork();
  if (child != 0) return child;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0) execv(program[0], program);
  fprintf(stderr, "%s: %s\n", program[0], strerror(errno));
  _exit(127);
}

static int hold(struct held *held, char **program) {
  int detached = 0, ends = 0, status;
  while (!ends) {
    if (step(held, &detached, &ends) < 0) return 1;
  }
  pid_t child = start_teardown(program);
  if (child < 0) return 1;
  while (waitpid(child, &status, WNOHANG) != child) {
    if (step(held, &detached, &ends) < 0) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int hold_main(int argc, char **argv) {
  const char *name = NULL, *about = NULL;
  int index = 1;
  host_ties_close_descriptors();
  signal(SIGPIPE, SIG_IGN);
  for (; index + 1 < argc && strcmp(argv[index], "--") != 0; index += 2) {
    if (strcmp(argv[index], "--name") == 0) name = argv[index + 1];
    else if (strcmp(argv[index], "--about") == 0) about = argv[index + 1];
    else break;
  }
  errno = 0;
  if (name == NULL || about == NULL || index + 1 >= argc || strcmp(argv[index], "--") != 0)
    return holder_failed("usage", "native hold --name NAME --about TEXT -- PROGRAM ARGS...");
  setsid();
  sigset_t handled;
  sigemptyset(&handled);
  for (const int *one = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, 0}; *one != 0; one += 1) sigaddset(&handled, *one);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  struct held held = {.input = STDIN_FILENO, .signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (held.signals < 0) return holder_failed("prepare", "listening for signals");
  if (snprintf(held.answer, sizeof held.answer, "%d\t0\t%s\n", (int)getpid(), about) >= (int)sizeof held.answer)
    return holder_failed("usage", "what it tells of itself is too long");
  held.lock = holder_claim(name);
  if (held.lock < 0) return 1;
  host_ties_cut();
  prctl(PR_SET_NAME, HOLDER_PROCESS_NAME);
  line_reader_start(&held.reader, LINE_BYTES_MAX);
  answer_harness("ready");
  return hold(&held, argv + index + 1);
}
