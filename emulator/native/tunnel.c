/*
 * `native tunnel NAME`: makes the TUN interface NAME where it is and becomes wireguard-go, which works on it. Made by wireguard-go, an interface
 * leaves it the checksums of what is sent through it, and a UDP checksum that comes out as zero is sent as zero: over IPv6 whoever gets that
 * datagram, one of 65,535, throws it away (RFC 8200 section 8.1). By this interface the kernel has completed them all before.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

int tunnel_main(int argc, char **argv) {
  char number[16];
  if (argc != 2) {
    fprintf(stderr, "usage: native tunnel NAME\n");
    return 2;
  }
  int tun = make_interface(argv[1]);
  if (tun < 0) {
    fprintf(stderr, "interface %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  snprintf(number, sizeof number, "%d", tun);
  setenv("WG_TUN_FD", number, 1);
  execlp("wireguard-go", "wireguard-go", "-f", argv[1], (char *)NULL);
  fprintf(stderr, "wireguard-go: %s\n", strerror(errno));
  return 1;
}
