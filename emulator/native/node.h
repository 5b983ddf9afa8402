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
  int has_init;
  pid_t init;  /* 0 for a node without farmlab-init, and for one that is off */
  int report;  /* where the node's first process tells how its start went; -1 once that is known */
  int is_off;
  int is_shown; /* whether the prober finds its network */
  int next_network; /* the network namespace of its next life, where its links wait for it; -1 without one */
  pid_t *frozen;    /* whom node_freeze has stopped */
  size_t frozen_count;
};

/* Whether a node may be called this: a host name that is also a file's. */
int node_name_is_good(const char *name);

/* Makes a directory of the image one that the node can write to, for itself alone; in its mount namespace. -1 with errno. */
int node_private_directory(const char *path);

/* Makes the namespaces and a process in them that makes the private /etc, /run, /var, /tmp and becomes farmlab-init if asked. The
   network is there at once, the rest when node_settle says so. -1 with `error` filled in. */
int node_start(struct node *node, const char *name, int with_init, char *error, size_t error_size);

/* Makes the network namespace of the node's next life, to which its links can be moved before it ends; its descriptor, or -1 with `error`. */
int node_make_next_network(struct node *node, char *error, size_t error_size);

/* Ends every process of the node at once, and all of its namespaces but what holds its disk. It must have a next network. 0, or -1. */
int node_power_off(struct node *node, char *error, size_t error_size);

/* Starts it again, as node_start does, in its next network and with the /etc, /var and logs that it had. */
int node_power_on(struct node *node, char *error, size_t error_size);

/* Stops every process of the node that is not stopped already, and lets those go on that it has stopped. 0, or -1. */
int node_freeze(struct node *node, char *error, size_t error_size);
int node_thaw(struct node *node, char *error, size_t error_size);

/* In the child that is to become the node again, in a copy of its former mounts: what a machine has in memory is gone with its power.
   The name of the step that failed, or NULL. */
const char *node_forget_memory(int with_init);

/* Waits until the node's files are in place and its farmlab-init listens; -1 with `error` filled in, always then. */
int node_settle(struct node *node, char *error, size_t error_size);

#endif
