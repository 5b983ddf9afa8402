/* What the sandbox's first process does inside a node's namespaces, already entered. All answer 0, or -1 with `error` filled in. */
#ifndef FARMLAB_NODE_WORK_H
#define FARMLAB_NODE_WORK_H

#include <stddef.h>
#include <sys/types.h>

/* Of a path in a node, its end included. */
enum { PATH_LENGTH_MAX = 4096 };

/* The payload is a row of whole rtnetlink messages; each is sent and must be acknowledged without error. The error begins with
   `message N: `, counted from 0. */
int node_work_netlink(const char *payload, size_t length, char *error, size_t error_size);

/* Lines `path=value`, paths below /proc/sys. A path that ends in `?` may be missing. */
int node_work_sysctl(char *payload, size_t length, char *error, size_t error_size);

/* Lines with one interface name each: checksum and segmentation offloads off, so that captures show what a wire would carry. */
int node_work_offloads(char *payload, size_t length, char *error, size_t error_size);

/* Lines with one interface name each: what their carriers have become holds from now on, in this order. The kernel lets a bridge that has
   just got its first live port wait up to a second before it sends anything itself; asked for its carrier, it stops waiting. */
int node_work_carriers(char *payload, size_t length, char *error, size_t error_size);

/* Makes the directories above a path; -1 with errno. */
int node_work_directories(const char *path);

/* Writes a file, with the directories above it, or adds to its end if `more`; `mode` is octal text. */
int node_work_file(const char *path, const char *mode, int more, const char *payload, size_t length, char *error, size_t error_size);

/* Mounts what is staged under that number at `target`, which is made where it is not there. In the node's mount namespace. */
int node_work_bind(const char *number, const char *target, char *error, size_t error_size);

/* Hides from the node what is staged for all. */
int node_work_unstage(char *error, size_t error_size);

/* A ruleset in nft's language. Its program is only started; node_nft_settle tells how all of them went. */
int node_nft_start(const char *node, const char *payload, size_t length, char *error, size_t error_size);
int node_nft_settle(char *error, size_t error_size);

/* Tells of a child that ended, which may be such a program. */
void node_nft_reaped(pid_t pid, int status);

#endif
