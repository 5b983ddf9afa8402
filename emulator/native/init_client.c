/* See init_client.h. */
#define _GNU_SOURCE
#include "init_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 1 << 20, OUTPUT_BYTES_MAX = 1 << 20, BACKLOG = 64 };

struct init_client init_clients[INIT_CLIENTS_MAX];

int init_clients_listen(const char *path) {
  for (int index = 0; index < INIT_CLIENTS_MAX; index += 1) init_clients[index].socket = -1;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
  strcpy(address.sun_path, path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  unlink(address.sun_path);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0) return -1;
  return listener;
}

void init_clients_accept(int listener) {
  for (int socket; (socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
    struct init_client *client = init_clients;
    while (client < init_clients + INIT_CLIENTS_MAX && client->socket >= 0) client += 1;
    if (client == init_clients + INIT_CLIENTS_MAX) {
      static const char refusal[] = "error\ttoo many clients\n";
      (void)send(socket, refusal, sizeof refusal - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
      close(socket);
      continue;
    }
    memset(client, 0, sizeof *client);
    client->socket = socket;
    line_reader_start(&client->input, REQUEST_BYTES_MAX);
  }
}

/* Who waits for something or has not read its answers may not ask for more. */
static int may_ask(const struct init_client *client) { return client->awaits == NULL && client->output_length == 0 && !client->broken; }

struct pollfd init_client_poll(const struct init_client *client) {
  short events = (short)((client->output_length > 0 ? POLLOUT : 0) | (may_ask(client) && !client->ended ? POLLIN : 0));
  /* A descriptor whose other end is closed would be told of again and again. */
  return (struct pollfd){.fd = events == 0 ? -1 : client->socket, .events = events};
}

static void flush(struct init_client *client) {
  while (client->output_length > 0) {
    ssize_t amount = send(client->socket, client->output, client->output_length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (amount < 0 && errno == EAGAIN) return;
    if (amount < 0) {
      client->broken = 1;
      return;
    }
    client->output_length -= (size_t)amount;
    memmove(client->output, client->output + amount, client->output_length);
  }
}

void init_client_transfer(struct init_client *client, short events) {
  if (client->output_length > 0) flush(client);
  if (!(events & (POLLIN | POLLHUP | POLLERR)) || !may_ask(client) || client->ended) return;
  int state = line_reader_fill(&client->input, client->socket);
  if (state == 0) client->ended = 1;
  if (state < 0) client->broken = 1;
}

char *init_client_line(struct init_client *client, size_t *length) {
  return may_ask(client) ? line_reader_next(&client->input, length) : NULL;
}

void init_client_drop_line(struct init_client *client, size_t length) { line_reader_drop(&client->input, length); }

void init_client_say(struct init_client *client, int count, const char *const *fields) {
  size_t length;
  char *line = client->broken ? NULL : line_join(fields, count, &length);
  char *output = line == NULL || client->output_length + length > OUTPUT_BYTES_MAX ? NULL : realloc(client->output, client->output_length + length);
  if (output == NULL) {
    client->broken = 1;
  } else {
    client->output = output;
    memcpy(output + client->output_length, line, length);
    client->output_length += length;
    flush(client);
  }
  free(line);
}

void init_client_tidy(struct init_client *client) {
  int silent = client->ended && client->awaits == NULL && client->output_length == 0;
  if (!client->broken && !silent) return;
  close(client->socket);
  line_reader_end(&client->input);
  free(client->output);
  free(client->awaits);
  memset(client, 0, sizeof *client);
  client->socket = -1;
}
