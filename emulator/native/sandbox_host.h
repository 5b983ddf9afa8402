/* A lab's root file system made of the host's own programs, in place of the node image. */
#ifndef FARMLAB_SANDBOX_HOST_H
#define FARMLAB_SANDBOX_HOST_H

#include <sys/types.h>

/* Assembles it on a tmpfs at `target`, an empty directory: the host's programs and libraries read-only, a few files of its /etc by copy,
   and nothing else of the host's; /root, /home, /var and the rest are empty. What is not the host's belongs to `owner`, the lab's root.
   The mounts are those of this process' namespace. Answers the name of the step that failed, or NULL. */
const char *sandbox_host_assemble(const char *target, uid_t owner);

#endif
