/* Sizes that keep what runs in a lab from eating the machine's memory; as tmpfs options (tmpfs(5)). */
#ifndef FARMLAB_LIMITS_H
#define FARMLAB_LIMITS_H

/* A node's /run, which also holds what it writes to /etc and /var. */
#define NODE_STATE_SIZE "size=256m,nr_inodes=64k"
#define NODE_TMP_SIZE "size=256m,nr_inodes=64k"
#define NODE_SHM_SIZE "size=64m,nr_inodes=4k"
/* All logs of a node's daemons; each is cut at SERVICE_LOG_BYTES_MAX. */
#define NODE_LOG_SIZE "size=64m,nr_inodes=16k"

/* The sandbox's own, of which only farmlab writes to /run and programs run outside of nodes to the others. */
/* Folders and a few copied files; programs are bound in. */
#define SANDBOX_HOST_ROOT_SIZE "size=16m,nr_inodes=16k"
#define SANDBOX_RUN_SIZE "size=16m,nr_inodes=16k"
#define SANDBOX_TMP_SIZE "size=64m,nr_inodes=16k"
#define SANDBOX_DEV_SIZE "size=64m,nr_inodes=4k"

#endif
