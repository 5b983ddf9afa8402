/*
 * A lab's first process: settles in its new root, then does what the harness asks on standard input (sandbox_request.c). It also hands
 * node namespaces to whoever asks on the control socket, and reaps what lost its parent. It ends when standard input does, unless told to
 * `detach`; and with it the kernel ends every process, namespace and mount of the lab.
 */
#define _GNU_SOURCE
#include "node_hand_over.h"
#include "node_work.h"
#include "request.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASKERS_MAX = 64, SIGNALS = 0, CONTROL = 1, INPUT = 2, ASKERS = 3 };

/* Who has connected to the control socket and not yet asked. */
static int askers[ASKERS_MAX];
static int next_to_go;

static void reap(int signals) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == sizeof info) continue;
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) node_nft_reaped(pid, status);
}

static void serve(int place) {
  if (!node_hand_over_serve(askers[place], sandbox_find_node)) return;
  close(askers[place]);
  askers[place] = -1;
}

/* ASKERS_MAX where there is none. */
static int free_place(void) {
  int place = 0;
  while (place < ASKERS_MAX && askers[place] >= 0) place += 1;
  return place;
}

/*
 * Where all places are taken, who has asked by now is answered. Only where all are silent they make room, one after the other: nobody can
 * keep the others out, and nobody who has asked is sent away because many ask at once.
 */
static int make_place(void) {
  int place = free_place();
  if (place < ASKERS_MAX) return place;
  for (int taken = 0; taken < ASKERS_MAX; taken += 1) serve(taken);
  place = free_place();
  if (place < ASKERS_MAX) return place;
  place = next_to_go;
  next_to_go = (next_to_go + 1) % ASKERS_MAX;
  close(askers[place]);
  return place;
}

static void accept_askers(int control) {
  for (int asker; (asker = accept4(control, NULL, NULL, SOCK_CLOEXEC)) >= 0;) askers[make_place()] = asker;
}

/* Nobody is behind the harness' pipes any more; their numbers must not come to mean anything else. */
static int leave_harness(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  return null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ? -1 : close(null);
}

static int serve_lab(int signals, int control) {
  struct line_reader reader;
  if (sandbox_requests_start(&reader) < 0) return 1;
  request_answer("ready", NULL, NULL);
  struct pollfd polls[ASKERS + ASKERS_MAX];
  polls[SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
  polls[CONTROL] = (struct pollfd){.fd = control, .events = POLLIN};
  polls[INPUT] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  for (;;) {
    for (int place = 0; place < ASKERS_MAX; place += 1) polls[ASKERS + place] = (struct pollfd){.fd = askers[place], .events = POLLIN};
    if (poll(polls, ASKERS + ASKERS_MAX, -1) < 0 && errno != EINTR) return 1;
    if (polls[SIGNALS].revents) reap(signals);
    for (int place = 0; place < ASKERS_MAX; place += 1) {
      if (polls[ASKERS + place].revents) serve(place);
    }
    if (polls[CONTROL].revents) accept_askers(control);
    if (polls[INPUT].revents && sandbox_requests_read(&reader) == 0) {
      if (!sandbox_is_detached()) return 0;
      if (leave_harness() < 0) return 1;
      line_reader_end(&reader);
      polls[INPUT].fd = -1;
    }
  }
}

int sandbox_first_process(const char *name) {
  for (int place = 0; place < ASKERS_MAX; place += 1) askers[place] = -1;
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  const char *step = signals < 0 ? "listening for signals" : sandbox_settle(name);
  int control = step == NULL ? node_hand_over_listen() : -1;
  if (step == NULL && control < 0) step = "listening for control";
  if (step == NULL) return serve_lab(signals, control);
  char text[256];
  snprintf(text, sizeof text, "%s: %s", step, strerror(errno));
  request_answer("error", "prepare", text);
  return 1;
}
