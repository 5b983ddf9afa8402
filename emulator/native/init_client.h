/* Who is connected to farmlab-init's socket. Nobody is waited for: what a client does not read is kept, up to a limit, and beyond that
   the client is dropped. */
#ifndef FARMLAB_INIT_CLIENT_H
#define FARMLAB_INIT_CLIENT_H

#include "line.h"

#include <poll.h>

enum { INIT_CLIENTS_MAX = 64 };

struct init_client {
  int socket;     /* -1: free */
  int watches;
  int ended;      /* it will ask no more */
  int broken;     /* to be dropped */
  char *awaits;   /* the service whose end is its answer; until then its further requests wait */
  struct line_reader input;
  char *output;   /* what it has not read yet */
  size_t output_length;
};

extern struct init_client init_clients[INIT_CLIENTS_MAX];

/* Listens at a path; -1 with errno. */
int init_clients_listen(const char *path);
void init_clients_accept(int listener);

/* What to wait for, and what to do when it has come. */
struct pollfd init_client_poll(const struct init_client *client);
void init_client_transfer(struct init_client *client, short events);

/* The next request that may be done now, or NULL; valid until init_client_drop_line. */
char *init_client_line(struct init_client *client, size_t *length);
void init_client_drop_line(struct init_client *client, size_t length);

void init_client_say(struct init_client *client, int count, const char *const *fields);

/* Closes the connection of who has ended or is broken, when nothing is left to tell. */
void init_client_tidy(struct init_client *client);

#endif
