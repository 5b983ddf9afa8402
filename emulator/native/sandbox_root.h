/* The lab's root file system, made ready outside by the holder. */
#ifndef FARMLAB_SANDBOX_ROOT_H
#define FARMLAB_SANDBOX_ROOT_H

enum { SANDBOX_BINDS_MAX = 16 };

struct sandbox_root {
  const char *rootfs;
  const char *binds[SANDBOX_BINDS_MAX]; /* FILE=NAME: a host's file as /usr/lib/farmlab/NAME */
  int bind_count;
};

/* Prepares it in a mount namespace of this process' own, so that the host's mounts do not change, and makes it the working
   directory; answers the name of the step that failed, or NULL. */
const char *sandbox_root_prepare(const struct sandbox_root *root);

#endif
