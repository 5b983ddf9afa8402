/*
 * `native init`: farmlab-init, a node's first process. It owns the node's daemons, restarts what dies as it was told, reaps
 * orphans, and answers on /run/farmlab/init.sock (the protocol is in core/common/service-line.ts). It is never anyone's child but
 * the sandbox's, so an agent can die and come back under it.
 */
#define _GNU_SOURCE
#include "line.h"
#include "native.h"
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS_MAX = 32, REQUEST_BYTES_MAX = 1 << 20 };

struct client {
  int socket; /* -1: free */
  int watches;
  struct line_reader reader;
};

static struct client clients[CLIENTS_MAX];

static void say(int socket, int count, const char *const *fields) { (void)line_write(socket, fields, count); }

static void answer_error(int socket, const char *message) { say(socket, 2, (const char *const[]){"error", message}); }

static void answer_ok(int socket) { say(socket, 1, (const char *const[]){"ok"}); }

static void drop_client(struct client *client) {
  service_forget_waiter(client->socket);
  close(client->socket);
  line_reader_end(&client->reader);
  client->socket = -1;
  client->watches = 0;
}

/* What services tell of themselves goes to all who watch. */
static void tell_watchers(const char *what, const char *name, int number) {
  char text[16];
  snprintf(text, sizeof text, "%d", number);
  for (int index = 0; index < CLIENTS_MAX; index += 1) {
    if (clients[index].socket >= 0 && clients[index].watches) say(clients[index].socket, 3, (const char *const[]){what, name, text});
  }
}

static void tell_stopped(int waiter) { answer_ok(waiter); }

static void list_one(const char *name, pid_t pid, void *socket) {
  char text[16];
  snprintf(text, sizeof text, "%d", (int)pid);
  say(*(int *)socket, 3, (const char *const[]){"service", name, text});
}

static void handle(struct client *client, char *line) {
  char *fields[LINE_FIELDS_MAX];
  int count = line_split(line, fields, LINE_FIELDS_MAX);
  char error[256] = "request not understood";
  if (count >= 6 && strcmp(fields[0], "start") == 0) {
    if (service_start(fields, count, error, sizeof error) == 0) return answer_ok(client->socket);
  } else if (count == 2 && strcmp(fields[0], "stop") == 0) {
    /* The answer comes when the process is gone. */
    int pending = service_stop(fields[1], client->socket, error, sizeof error);
    if (pending >= 0) {
      if (pending == 0) answer_ok(client->socket);
      return;
    }
  } else if (count == 3 && strcmp(fields[0], "kill") == 0) {
    if (service_kill(fields[1], fields[2], error, sizeof error) == 0) return answer_ok(client->socket);
  } else if (count == 1 && strcmp(fields[0], "list") == 0) {
    service_each(list_one, &client->socket);
    return answer_ok(client->socket);
  } else if (count == 1 && strcmp(fields[0], "watch") == 0) {
    client->watches = 1;
    return answer_ok(client->socket);
  }
  answer_error(client->socket, error);
}

static void read_client(struct client *client) {
  int state = line_reader_fill(&client->reader, client->socket);
  size_t length;
  for (char *line; client->socket >= 0 && (line = line_reader_next(&client->reader, &length)) != NULL;) {
    handle(client, line);
    line_reader_drop(&client->reader, length);
  }
  if (state <= 0) drop_client(client);
}

static void accept_client(int listener) {
  int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (socket < 0) return;
  for (int index = 0; index < CLIENTS_MAX; index += 1) {
    if (clients[index].socket < 0) {
      clients[index].socket = socket;
      line_reader_start(&clients[index].reader, REQUEST_BYTES_MAX);
      return;
    }
  }
  answer_error(socket, "too many clients");
  close(socket);
}

static int listen_for_clients(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/farmlab/init.sock"};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(address.sun_path);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 16) < 0) return -1;
  return listener;
}

static void reap(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) service_reaped(pid, status);
}

int init_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  for (int index = 0; index < CLIENTS_MAX; index += 1) clients[index].socket = -1;
  signal(SIGPIPE, SIG_IGN);
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigaddset(&handled, SIGTERM);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  int signals = signalfd(-1, &handled, SFD_CLOEXEC);
  int listener = listen_for_clients();
  if (signals < 0 || listener < 0) {
    dprintf(3, "farmlab-init: %s", strerror(errno));
    return 1;
  }
  service_setup(tell_watchers, tell_stopped);
  if (write(3, "", 1) != 1) return 1;
  close(3);

  for (;;) {
    struct pollfd polls[CLIENTS_MAX + 2] = {{.fd = signals, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    for (int index = 0; index < CLIENTS_MAX; index += 1) polls[index + 2] = (struct pollfd){.fd = clients[index].socket, .events = POLLIN};
    if (poll(polls, CLIENTS_MAX + 2, service_next_due_ms()) < 0 && errno != EINTR) return 1;
    if (polls[0].revents & POLLIN) {
      struct signalfd_siginfo info;
      if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo == SIGTERM) return 0;
      reap();
    }
    service_do_due();
    for (int index = 0; index < CLIENTS_MAX; index += 1) {
      if (clients[index].socket >= 0 && clients[index].socket == polls[index + 2].fd && polls[index + 2].revents) read_client(&clients[index]);
    }
    if (polls[1].revents & POLLIN) accept_client(listener);
  }
}
