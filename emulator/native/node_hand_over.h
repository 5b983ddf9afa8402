/* Handing a node's namespaces to who is to enter it: the lab's control socket and its one question and answer. */
#ifndef FARMLAB_NODE_HAND_OVER_H
#define FARMLAB_NODE_HAND_OVER_H

#include "node.h"

/* A socket that listens; an abstract name in the sandbox's own network namespace, so only who is in the sandbox reaches it. */
int node_hand_over_listen(void);

/* One who has connected and perhaps not yet asked. Reads the question if it is there; 1 when done with it, 0 to be called again. */
int node_hand_over_serve(int asker, struct node *(*find)(const char *name));

/* The other side: connects, asks, and gives the descriptors. How many came; 0 for an unknown node, -1 for an error, EHOSTDOWN where it is off. */
int node_hand_over_ask(const char *name, int descriptors[NODE_NAMESPACES]);

#endif
