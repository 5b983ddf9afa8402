/* Requests of the harness to the lab's first process; see sandbox.h and request.h. */
#define _GNU_SOURCE
#include "node.h"
#include "node_work.h"
#include "request.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { NODES_MAX = 4096 };

static struct node nodes[NODES_MAX];
static int node_count;
static int own_net = -1;
static int own_mount = -1;
static int detached;

int sandbox_requests_start(struct line_reader *reader) {
  requests_start(reader);
  own_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  own_mount = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  return own_net < 0 || own_mount < 0 ? -1 : 0;
}

int sandbox_is_detached(void) { return detached; }

struct node *sandbox_find_node(const char *name) {
  for (int index = 0; index < node_count; index += 1) {
    if (strcmp(nodes[index].name, name) == 0) return &nodes[index];
  }
  return NULL;
}

/* Where the prober finds it. Not before all nodes are made: each new mount namespace copies the mounts that there are. */
static int show_network(struct node *node) {
  char path[NODE_NAME_MAX + 32], source[64];
  if (node->is_shown || node->is_off) return 0;
  snprintf(path, sizeof path, SANDBOX_NODES "/%.63s", node->name);
  snprintf(source, sizeof source, "/proc/self/fd/%d", node->namespaces[NODE_NET]);
  int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
  if (file < 0) return -1;
  close(file);
  if (mount(source, path, NULL, MS_BIND, NULL) < 0) return -1;
  node->is_shown = 1;
  return 0;
}

static void hide_network(struct node *node) {
  char path[NODE_NAME_MAX + 32];
  snprintf(path, sizeof path, SANDBOX_NODES "/%.63s", node->name);
  if (node->is_shown) (void)umount2(path, MNT_DETACH);
  node->is_shown = 0;
}

static void make_node(const char *name, const char *kind) {
  char error[512], descriptor[16], process[16];
  if (!node_name_is_good(name)) return request_answer("error", "node-name", "a node's name has at most 63 bytes, no blanks and no slash, and does not begin with a dot");
  if (sandbox_find_node(name) != NULL) return request_answer("error", "node-name", "the name is taken");
  if (node_count == NODES_MAX) return request_answer("error", "node-name", "there are too many nodes");
  struct node *node = &nodes[node_count];
  if (node_start(node, name, strcmp(kind, "init") == 0, error, sizeof error) < 0) return request_answer("error", "node", error);
  node_count += 1;
  snprintf(descriptor, sizeof descriptor, "%d", node->namespaces[NODE_NET]);
  snprintf(process, sizeof process, "%d", (int)node->init);
  request_answer("ok", descriptor, process);
}

/* Everything that was only started: each node and each nft program. */
static void settle_all(void) {
  char error[512];
  for (int index = 0; index < node_count; index += 1) {
    if (node_settle(&nodes[index], error, sizeof error) < 0) return request_answer("error", "node", error);
  }
  for (int index = 0; index < node_count; index += 1) {
    if (show_network(&nodes[index]) < 0) return request_answer("error", "node", strerror(errno));
  }
  if (node_nft_settle(error, sizeof error) < 0) return request_answer("error", "nft", error);
  request_answer("ok", NULL, NULL);
}

/* Requests about one node, done inside its namespaces; then back home. */
static void work_in_node(char **fields, int count, char *payload, size_t length) {
  const char *what = fields[0];
  struct node *node = count >= 2 ? sandbox_find_node(fields[1]) : NULL;
  char error[512];
  if (node == NULL) return request_answer("error", "no-node", count >= 2 ? fields[1] : what);
  int with_mount = node_request_needs_files(what);
  if (with_mount && node_settle(node, error, sizeof error) < 0) return request_answer("error", "node", error);
  int result = -1;
  if (setns(node->namespaces[NODE_NET], CLONE_NEWNET) < 0 || (with_mount && setns(node->namespaces[NODE_MOUNT], CLONE_NEWNS) < 0)) {
    snprintf(error, sizeof error, "entering the node: %s", strerror(errno));
  } else {
    result = node_request_do(node->name, fields, count, payload, length, error, sizeof error);
  }
  if (setns(own_net, CLONE_NEWNET) < 0 || (with_mount && setns(own_mount, CLONE_NEWNS) < 0)) exit(1);
  if (result < 0) request_answer("error", what, error);
  else request_answer("ok", NULL, NULL);
}

/* The settings are those of the payload, before any link is there to inherit them. */
static int make_next_network(struct node *node, char *settings, size_t length, char *error, size_t error_size) {
  int next = node_make_next_network(node, error, error_size);
  if (next < 0) return -1;
  if (setns(next, CLONE_NEWNET) < 0) {
    snprintf(error, error_size, "entering the next network: %s", strerror(errno));
    return -1;
  }
  int result = node_work_sysctl(settings, length, error, error_size);
  if (setns(own_net, CLONE_NEWNET) < 0) exit(1);
  return result < 0 ? -1 : next;
}

/* Requests about a node's power: `next` answers the descriptor of the network where its links are to wait, `on` its first process. */
static int power(struct node *node, const char *what, char *payload, size_t length) {
  char error[512], number[16];
  int result = -1;
  if (strcmp(what, "next") == 0) {
    result = make_next_network(node, payload, length, error, sizeof error);
    snprintf(number, sizeof number, "%d", result);
  } else if (strcmp(what, "off") == 0) {
    hide_network(node);
    result = node_power_off(node, error, sizeof error);
    snprintf(number, sizeof number, "0");
  } else if (strcmp(what, "on") == 0) {
    result = node_power_on(node, error, sizeof error);
    snprintf(number, sizeof number, "%d", (int)node->init);
  } else if (strcmp(what, "freeze") == 0 || strcmp(what, "thaw") == 0) {
    result = what[0] == 'f' ? node_freeze(node, error, sizeof error) : node_thaw(node, error, sizeof error);
    snprintf(number, sizeof number, "0");
  } else return 0;
  if (result < 0) request_answer("error", "power", error);
  else request_answer("ok", number, NULL);
  return 1;
}

static void handle(char **fields, int count, char *payload, size_t length) {
  struct node *node = count >= 2 ? sandbox_find_node(fields[1]) : NULL;
  if (node != NULL && power(node, fields[0], payload, length)) return;
  if (count == 3 && strcmp(fields[0], "node") == 0) make_node(fields[1], fields[2]);
  else if (count == 1 && strcmp(fields[0], "settle") == 0) settle_all();
  else if (count == 1 && strcmp(fields[0], "detach") == 0) {
    detached = 1;
    request_answer("ok", NULL, NULL);
  } else work_in_node(fields, count, payload, length);
}

int sandbox_requests_read(struct line_reader *reader) { return requests_read(reader, handle); }
