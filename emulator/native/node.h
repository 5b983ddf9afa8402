/* A node of a lab: its namespaces, made once and then handed to whoever may enter. */
#ifndef FARMLAB_NODE_H
#define FARMLAB_NODE_H

#include <stddef.h>
#include <sys/types.h>

#define NODE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/frr"

enum { NODE_NAME_MAX = 64 };

/* In the order in which they are entered. A node without farmlab-init has no PID namespace and no IPC namespace of its own: -1. */
enum node_namespace { NODE_NET, NODE_MOUNT, NODE_UTS, NODE_PID, NODE_IPC, NODE_NAMESPACES };

struct node {
  char name[NODE_NAME_MAX];
  int namespaces[NODE_NAMESPACES];
  pid_t init;  /* 0 for a node without farmlab-init */
  int report;  /* where the node's first process tells how its start went; -1 once that is known */
};

/* Whether a node may be called this: a host name that is also a file's. */
int node_name_is_good(const char *name);

/* Makes a directory of the image one that the node can write to, for itself alone; in its mount namespace. -1 with errno. */
int node_private_directory(const char *path);

/* Makes the namespaces and a process in them that makes the private /etc, /run, /var, /tmp and becomes farmlab-init if asked. The
   network is there at once, the rest when node_settle says so. -1 with `error` filled in. */
int node_start(struct node *node, const char *name, int with_init, char *error, size_t error_size);

/* Waits until the node's files are in place and its farmlab-init listens; -1 with `error` filled in, always then. */
int node_settle(struct node *node, char *error, size_t error_size);

#endif
