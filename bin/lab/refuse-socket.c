/*
 * `refuse-socket FAMILY PROTOCOL ERRNO PROGRAM [ARGUMENT...]`: runs a program whose process tree the kernel refuses sockets of a family
 * and protocol (-1: of any) with that error number, as a kernel does that lacks them: a host without nftables, or without packet sockets.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped))

int main(int argc, char **argv) {
  if (argc < 5) return fprintf(stderr, "usage: refuse-socket FAMILY PROTOCOL ERRNO PROGRAM [ARGUMENT...]\n"), 125;
  int family = atoi(argv[1]), protocol = atoi(argv[2]), error = atoi(argv[3]);
  /* The low halves of the arguments are enough: socket(2) takes ints, on little-endian machines the first four bytes. */
  struct sock_filter any[] = {
    LOAD(nr), SKIP_UNLESS(SYS_socket, 3), LOAD(args[0]), SKIP_UNLESS((unsigned)family, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_filter one[] = {
    LOAD(nr), SKIP_UNLESS(SYS_socket, 5), LOAD(args[0]), SKIP_UNLESS((unsigned)family, 3), LOAD(args[2]), SKIP_UNLESS((unsigned)protocol, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = protocol < 0 ? (struct sock_fprog){sizeof any / sizeof any[0], any} : (struct sock_fprog){sizeof one / sizeof one[0], one};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) return perror("refuse-socket"), 125;
  execvp(argv[4], argv + 4);
  return perror(argv[4]), 125;
}
