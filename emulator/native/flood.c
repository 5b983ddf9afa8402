/*
 * `native flood INTERFACE BYTES MILLISECONDS`: sends one Ethernet frame (of the experimental type, RFC 5342) over and over, as fast as
 * one thread can, and prints how many left: the load of the benchmark of the wire.
 */
#define _GNU_SOURCE
#include "native.h"
#include "wire.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FRAME_MAX = 9018, FRAME_MIN = 60 };

static const uint8_t header[ETH_HLEN] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5};

static int open_sender(const char *interface) {
  struct ifreq request = {0};
  int one = 1, descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  if (descriptor < 0 || ioctl(descriptor, SIOCGIFINDEX, &request) < 0) return -1;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = request.ifr_ifindex};
  setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
  return bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : descriptor;
}

int flood_main(int argc, char **argv) {
  static uint8_t frame[FRAME_MAX];
  long bytes = argc == 4 ? atol(argv[2]) : 0, milliseconds = argc == 4 ? atol(argv[3]) : 0;
  if (bytes < FRAME_MIN || bytes > FRAME_MAX || milliseconds <= 0) return fputs("usage: native flood INTERFACE BYTES MILLISECONDS\n", stderr), 2;
  int sender = open_sender(argv[1]);
  if (sender < 0) return perror(argv[1]), 1;
  memcpy(frame, header, sizeof header);
  struct iovec part = {.iov_base = frame, .iov_len = (size_t)bytes};
  struct mmsghdr messages[WIRE_BATCH];
  for (int index = 0; index < WIRE_BATCH; index += 1) messages[index] = (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
  uint64_t sent = 0;
  for (int64_t end = wire_now_ns() + milliseconds * 1000000; wire_now_ns() < end;) {
    int count = sendmmsg(sender, messages, WIRE_BATCH, 0);
    if (count < 0 && errno != EINTR && errno != ENOBUFS) return perror(argv[1]), 1;
    sent += count > 0 ? (uint64_t)count : 0;
  }
  printf("%llu\n", (unsigned long long)sent);
  return 0;
}
