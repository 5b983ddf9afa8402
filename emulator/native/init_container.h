/* What farmlab-init finds done in a sandbox and does itself in a container. */
#ifndef FARMLAB_INIT_CONTAINER_H
#define FARMLAB_INIT_CONTAINER_H

/* Answers the name of the step that failed, or NULL. */
const char *init_container_settle(void);

#endif
