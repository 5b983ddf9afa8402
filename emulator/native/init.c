/*
 * `native init`: farmlab-init, a node's first process. It owns the node's daemons, restarts what dies as it was told, reaps
 * orphans, and answers on /run/farmlab/init.sock (the protocol is in core/common/service-line.ts). It is never anyone's child but
 * the sandbox's, so an agent can die and come back under it. A sandbox has made its folders and waits at descriptor 3 to hear that it
 * listens; a container engine has done neither (init_container.c).
 */
#define _GNU_SOURCE
#include "init_client.h"
#include "init_container.h"
#include "native.h"
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT = 3, SIGNALS = 0, LISTENER = 1, CLIENTS = 2 };

static void answer_error(struct init_client *client, const char *message) { init_client_say(client, 2, (const char *const[]){"error", message}); }

static void answer_ok(struct init_client *client) { init_client_say(client, 1, (const char *const[]){"ok"}); }

/* What services tell of themselves goes to all who watch. */
static void tell_watchers(const char *what, const char *name, int number) {
  char text[16];
  snprintf(text, sizeof text, "%d", number);
  for (struct init_client *client = init_clients; client < init_clients + INIT_CLIENTS_MAX; client += 1) {
    if (client->socket >= 0 && client->watches) init_client_say(client, 3, (const char *const[]){what, name, text});
  }
}

static void tell_stopped(const char *name) {
  for (struct init_client *client = init_clients; client < init_clients + INIT_CLIENTS_MAX; client += 1) {
    if (client->socket < 0 || client->awaits == NULL || strcmp(client->awaits, name) != 0) continue;
    free(client->awaits);
    client->awaits = NULL;
    answer_ok(client);
  }
}

static void list_one(const char *name, pid_t pid, void *client) {
  char text[16];
  snprintf(text, sizeof text, "%d", (int)pid);
  init_client_say(client, 3, (const char *const[]){"service", name, text});
}

static void handle(struct init_client *client, char *line) {
  char *fields[LINE_FIELDS_MAX];
  int count = line_split(line, fields, LINE_FIELDS_MAX);
  char error[256] = "request not understood";
  if (count >= 6 && strcmp(fields[0], "start") == 0) {
    if (service_start(fields, count, error, sizeof error) == 0) return answer_ok(client);
  } else if (count == 2 && strcmp(fields[0], "stop") == 0) {
    if (service_stop(fields[1]) == 0) return answer_ok(client);
    /* The answer comes when the process is gone. */
    client->awaits = strdup(fields[1]);
    if (client->awaits != NULL) return;
  } else if (count == 3 && strcmp(fields[0], "kill") == 0) {
    if (service_kill(fields[1], fields[2], error, sizeof error) == 0) return answer_ok(client);
  } else if (count == 1 && strcmp(fields[0], "list") == 0) {
    service_each(list_one, client);
    return answer_ok(client);
  } else if (count == 1 && strcmp(fields[0], "watch") == 0) {
    client->watches = 1;
    return answer_ok(client);
  } else if (count < 0) {
    snprintf(error, sizeof error, "a request has at most %d fields", LINE_FIELDS_MAX);
  }
  answer_error(client, error);
}

static void serve(struct init_client *client) {
  size_t length;
  for (char *line; (line = init_client_line(client, &length)) != NULL;) {
    handle(client, line);
    init_client_drop_line(client, length);
  }
}

static void reap(void) {
  for (;;) {
    siginfo_t child = {0};
    if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || child.si_pid == 0) return;
    service_about_to_be_reaped(child.si_pid);
    int status;
    if (waitpid(child.si_pid, &status, WNOHANG) == child.si_pid) service_reaped(child.si_pid, status);
  }
}

/* Answers whether the node is to end. */
static int read_signals(int signals) {
  struct signalfd_siginfo info;
  int ends = 0;
  while (read(signals, &info, sizeof info) == sizeof info) ends = ends || info.ssi_signo == SIGTERM;
  reap();
  return ends;
}

static int run(int signals, int listener) {
  struct pollfd polls[CLIENTS + INIT_CLIENTS_MAX];
  for (;;) {
    polls[SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
    polls[LISTENER] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int index = 0; index < INIT_CLIENTS_MAX; index += 1) {
      if (init_clients[index].socket >= 0) init_client_tidy(&init_clients[index]);
      polls[CLIENTS + index] = init_client_poll(&init_clients[index]);
    }
    if (poll(polls, CLIENTS + INIT_CLIENTS_MAX, service_next_due_ms()) < 0 && errno != EINTR) return 1;
    if (polls[SIGNALS].revents && read_signals(signals)) return 0;
    service_do_due();
    for (int index = 0; index < INIT_CLIENTS_MAX; index += 1) {
      struct init_client *client = &init_clients[index];
      if (client->socket < 0) continue;
      if (polls[CLIENTS + index].revents) init_client_transfer(client, polls[CLIENTS + index].revents);
      serve(client);
    }
    if (polls[LISTENER].revents) init_clients_accept(listener);
  }
}

int init_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  signal(SIGPIPE, SIG_IGN);
  int awaited = fcntl(REPORT, F_SETFD, FD_CLOEXEC) == 0;
  const char *step = awaited ? NULL : init_container_settle();
  if (step != NULL) {
    fprintf(stderr, "farmlab-init: %s: %s\n", step, strerror(errno));
    return 1;
  }
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigaddset(&handled, SIGTERM);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  int listener = init_clients_listen("/run/farmlab/init.sock");
  if (signals < 0 || listener < 0) {
    dprintf(awaited ? REPORT : STDERR_FILENO, "farmlab-init: %s", strerror(errno));
    return 1;
  }
  service_setup(tell_watchers, tell_stopped);
  if (awaited && write(REPORT, "", 1) != 1) return 1;
  if (awaited) close(REPORT);
  return run(signals, listener);
}
