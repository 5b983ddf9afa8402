/* The lab's root file system, made ready outside by the holder. */
#ifndef FARMLAB_SANDBOX_ROOT_H
#define FARMLAB_SANDBOX_ROOT_H

enum { SANDBOX_BINDS_MAX = 16, SANDBOX_MOUNTS_MAX = 256 };

/* Below it, called 0, 1, ..., the host's files and folders that nodes are to get. */
#define SANDBOX_STAGED "/usr/lib/farmlab/binds"

struct sandbox_root {
  const char *rootfs;      /* the image, or where the host's own programs are assembled */
  int of_host;             /* whether it is the latter: see sandbox_host.h */
  unsigned owner;          /* the id of this machine that is root in the lab */
  const char *binds[SANDBOX_BINDS_MAX]; /* FILE=NAME: a host's file as /usr/lib/farmlab/NAME */
  int bind_count;
  const char *mounts[SANDBOX_MOUNTS_MAX]; /* ro=PATH or rw=PATH: a host's file or folder for nodes */
  int mount_count;
};

/* Prepares it in a mount namespace of this process' own, so that the host's mounts do not change, and makes it the working
   directory; answers the name of the step that failed, or NULL. */
const char *sandbox_root_prepare(const struct sandbox_root *root);

#endif
