/* Entering a node that is a container: whoever enters must have no more rights than its own programs, and count as one of them. */
#ifndef FARMLAB_ENTER_CONTAINER_H
#define FARMLAB_ENTER_CONTAINER_H

#include <stdint.h>

struct container_limits {
  int is_container; /* its user namespace is ours: a sandbox' is not, and bounds rights by itself */
  uint64_t capabilities;
};

/* Of the container whose first process is `pid`; joins its control groups, so that pausing and accounting include us. From outside, before
   any namespace is joined. -1 with errno. */
int container_limits_join(const char *pid, struct container_limits *limits);

/* Gives up what the container lacks; programs started from then on cannot have it. -1 with errno. */
int container_limits_apply(const struct container_limits *limits);

#endif
