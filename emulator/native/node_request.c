/* What a request asks of a node, whichever backend made the node; see request.h. */
#include "node_work.h"
#include "request.h"

#include <stdio.h>
#include <string.h>

int node_request_needs_files(const char *what) {
  static const char *const with_files[] = {"file", "nft", "bind", "unstage"};
  for (unsigned index = 0; index < sizeof with_files / sizeof with_files[0]; index += 1) {
    if (strcmp(what, with_files[index]) == 0) return 1;
  }
  return 0;
}

int node_request_do(const char *node, char **fields, int count, char *payload, size_t length, char *error, size_t error_size) {
  const char *what = fields[0];
  if (strcmp(what, "netlink") == 0) return node_work_netlink(payload, length, error, error_size);
  if (strcmp(what, "sysctl") == 0) return node_work_sysctl(payload, length, error, error_size);
  if (strcmp(what, "offloads") == 0) return node_work_offloads(payload, length, error, error_size);
  if (strcmp(what, "carriers") == 0) return node_work_carriers(payload, length, error, error_size);
  if (strcmp(what, "nft") == 0) return node_nft_start(node, payload, length, error, error_size);
  if (strcmp(what, "file") == 0 && count == 5) return node_work_file(fields[2], fields[3], 0, payload, length, error, error_size);
  if (strcmp(what, "bind") == 0 && count == 4) return node_work_bind(fields[2], fields[3], error, error_size);
  if (strcmp(what, "unstage") == 0 && count == 2) return node_work_unstage(error, error_size);
  snprintf(error, error_size, "request not understood");
  return -1;
}
