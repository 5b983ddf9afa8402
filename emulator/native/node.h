/* A node of a lab: its namespaces, made once and then handed to whoever may enter. */
#ifndef FARMLAB_NODE_H
#define FARMLAB_NODE_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#define NODE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/frr"

enum { NODE_NAMESPACES = 4, NODE_NAME_MAX = 64 };

struct node {
  char name[NODE_NAME_MAX];
  int net;
  int mount;
  int uts;
  int pid_namespace; /* -1 for a node without farmlab-init */
  pid_t init;        /* 0 for a node without farmlab-init */
};

/* Makes the namespaces, the private /etc, /run, /var, /tmp, and starts farmlab-init if asked; -1 with `error` filled in. */
int node_make(struct node *node, const char *name, int with_init, char *error, size_t error_size);

/* The lab's control socket: an abstract name in the sandbox's own network namespace, so only who is in the sandbox reaches it. */
socklen_t node_control_address(struct sockaddr_un *address);

/* Hands a node's namespaces over a unix socket; receive returns how many came, 0 for an unknown node, -1 for an error. */
int node_send_namespaces(int socket, const struct node *node);
int node_receive_namespaces(int socket, int *descriptors);

#endif
