/* Between the holder outside (sandbox.c) and the lab's first process inside (sandbox_init.c, sandbox_settle.c, sandbox_request.c). */
#ifndef FARMLAB_SANDBOX_H
#define FARMLAB_SANDBOX_H

#include "line.h"

/* First id of the sub-range that the ids 0..65535 of root's labs stand for. */
enum { SANDBOX_RANGE_FIRST = 524288 };

/* Where the traffic prober finds each node's network. */
#define SANDBOX_NODES "/run/farmlab/nodes"

/* The life of the lab's first process; returns its exit code. */
int sandbox_first_process(const char *name);

/* Takes the image as root and leaves the old one; answers the name of the step that failed, or NULL. */
const char *sandbox_settle(const char *name);

/* What the harness asks. Opens what is needed to come home from a node; -1 with errno. */
int sandbox_requests_start(struct line_reader *reader);

/* Reads standard input once and does all requests that are there whole. 0: it ended, or what came is no request. */
int sandbox_requests_read(struct line_reader *reader);

/* Whether the harness has let the lab go: then it lives on without. */
int sandbox_is_detached(void);

struct node *sandbox_find_node(const char *name);

#endif
