/*
 * `native work`: does requests about the node it runs in (request.h), for backends whose nodes others have made. Besides those:
 * `index NODE INTERFACE` tells an interface's index, `settle` waits for all rulesets. Ends with its input.
 */
#include "native.h"
#include "node_work.h"
#include "request.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void tell_index(const char *name) {
  char text[16];
  unsigned index = if_nametoindex(name);
  if (index == 0) return request_answer("error", "index", strerror(errno));
  snprintf(text, sizeof text, "%u", index);
  request_answer("ok", text, NULL);
}

static void handle(char **fields, int count, char *payload, size_t length) {
  char error[512];
  if (count == 3 && strcmp(fields[0], "index") == 0) return tell_index(fields[2]);
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
