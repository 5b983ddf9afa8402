/*
 * `native tunnel NAME NAMESPACE`: makes the TUN interface NAME in NAMESPACE, and becomes wireguard-go, which works on it with its sockets where
 * it was started.
 *
 * Made by wireguard-go, an interface leaves it the checksums of what is sent through it, and a UDP checksum that comes out as zero is sent as
 * zero: over IPv6 whoever gets that datagram, one of 65,535, throws it away (RFC 8200 section 8.1). By this interface the kernel has completed
 * them all before. And it would have to be moved from where the sockets are: for each that moves, the kernel lets nobody change any network of
 * the machine for 16 ms (RCU).
 */
#define _GNU_SOURCE
#include "inner_namespace.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Without IFF_VNET_HDR a reader cannot be told of what is left to do, so that nothing is left. -1 with errno. */
static int make_interface(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  if (strlen(name) >= sizeof request.ifr_name) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(request.ifr_name, name);
  int tun = open("/dev/net/tun", O_RDWR); /* for the program that this one becomes */
  if (tun < 0) return -1;
  return ioctl(tun, TUNSETIFF, &request) < 0 ? -1 : tun;
}

/* Made there and not here, where this thread is again afterwards. -1 with errno. */
static int make_interface_in(const char *namespace, const char *name) {
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || inner_namespace_join(namespace) < 0) return -1;
  int tun = make_interface(name);
  int reason = errno;
  if (setns(home, CLONE_NEWNET) < 0) return -1;
  close(home);
  errno = reason;
  return tun;
}

/*
 * What wireguard-go does with its interface where its sockets are is answered with 0, without anything being done:
 * - It asks for the interface's number and sets its MTU, both by name: there is none of that name there, and it would end. The MTU is set by whoever
 *   configures the interface.
 * - It joins the groups of a netlink socket (the first that it opens) that tell of each link and address there, of which none is its own. Where
 *   hundreds are made at once it would be told more than the socket holds, and end (ENOBUFS). It hears of routes by another one, which is let be.
 * -1 with errno.
 */
static int answer_for_interface(void) {
  enum { LINK_SOCKET = 6 }; /* after the three standard ones, the interface, and two of Go's runtime */
  const __u32 call = offsetof(struct seccomp_data, nr);
  const __u32 first = offsetof(struct seccomp_data, args[0]), second = offsetof(struct seccomp_data, args[1]);
  const __u32 third = offsetof(struct seccomp_data, args[2]);
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, call),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bind, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 7),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, second),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SIOCGIFINDEX, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SIOCSIFMTU, 5, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LINK_SOCKET, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, third),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sizeof(struct sockaddr_nl), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
  };
  struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int tunnel_main(int argc, char **argv) {
  char number[16];
  if (argc != 3) {
    fprintf(stderr, "usage: native tunnel NAME NAMESPACE\n");
    return 2;
  }
  int tun = make_interface_in(argv[2], argv[1]);
  if (tun < 0 || answer_for_interface() < 0) {
    fprintf(stderr, "interface %s in %s: %s\n", argv[1], argv[2], strerror(errno));
    return 1;
  }
  snprintf(number, sizeof number, "%d", tun);
  setenv("WG_TUN_FD", number, 1);
  execlp("wireguard-go", "wireguard-go", "-f", argv[1], (char *)NULL);
  fprintf(stderr, "wireguard-go: %s\n", strerror(errno));
  return 1;
}
