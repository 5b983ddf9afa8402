/*
 * `native work`: does requests about the node it runs in (request.h), for backends whose nodes others have made. Besides those:
 * `index NODE INTERFACE` tells an interface's index, `settle` waits for all rulesets, `network PATH` goes to a network namespace and keeps it
 * alive by being there (without PATH: to a new one), `open PATH` tells the descriptor by which messages may name one. Ends with its input.
 */
#define _GNU_SOURCE
#include "native.h"
#include "node_work.h"
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tell_index(const char *name) {
  char text[16];
  unsigned index = if_nametoindex(name);
  if (index == 0) return request_answer("error", "index", strerror(errno));
  snprintf(text, sizeof text, "%u", index);
  request_answer("ok", text, NULL);
}

static int open_network(const char *path) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

static void go_to(const char *path) {
  int network = open_network(path);
  if (network < 0 || setns(network, CLONE_NEWNET) < 0) return request_answer("error", "network", strerror(errno));
  close(network);
  request_answer("ok", NULL, NULL);
}

static void go_to_new(void) {
  if (unshare(CLONE_NEWNET) < 0) return request_answer("error", "network", strerror(errno));
  request_answer("ok", NULL, NULL);
}

static void tell_descriptor(const char *path) {
  char text[16];
  int network = open_network(path);
  if (network < 0) return request_answer("error", "open", strerror(errno));
  snprintf(text, sizeof text, "%d", network);
  request_answer("ok", text, NULL);
}

static void handle(char **fields, int count, char *payload, size_t length) {
  char error[512];
  if (count == 3 && strcmp(fields[0], "index") == 0) return tell_index(fields[2]);
  if (count == 1 && strcmp(fields[0], "network") == 0) return go_to_new();
  if (count == 2 && strcmp(fields[0], "network") == 0) return go_to(fields[1]);
  if (count == 2 && strcmp(fields[0], "open") == 0) return tell_descriptor(fields[1]);
  int settles = count == 1 && strcmp(fields[0], "settle") == 0;
  int result = settles ? node_nft_settle(error, sizeof error)
                       : node_request_do(count >= 2 ? fields[1] : "", fields, count, payload, length, error, sizeof error);
  if (result < 0) request_answer("error", settles ? "nft" : fields[0], error);
  else request_answer("ok", NULL, NULL);
}

int work_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct line_reader reader;
  requests_start(&reader);
  request_answer("ready", NULL, NULL);
  while (requests_read(&reader, handle)) continue;
  return 0;
}
