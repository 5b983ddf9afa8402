/*
 * `native reflect PORT ALTERNATE_PORT [--alternate-address4 A] [--alternate-address6 A]`: tells clients on the internet as which
 * address and port they are seen, and knocks at that place from another port (and address, where given one), which only gets
 * through when nothing on the way filters what the client did not ask for.
 */
#define _GNU_SOURCE
#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NONCE_LIMIT = 64, RATE = 2000, FAMILIES = 2 };

union place {
  struct sockaddr any;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
};

/* One per family: where clients ask, and where knocks come from. */
struct reflector {
  int family, ask, knock;
  bool has_alternate;
  union place alternate;
};

static int open_port(int family, unsigned port) {
  int on = 1;
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  union place place = {.any.sa_family = (sa_family_t)family};
  socklen_t size = family == AF_INET ? sizeof place.in4 : sizeof place.in6;
  if (family == AF_INET) {
    place.in4.sin_port = htons((uint16_t)port);
    setsockopt(fd, SOL_IP, IP_PKTINFO, &on, sizeof on);
  } else {
    place.in6.sin6_port = htons((uint16_t)port);
    setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  }
  if (bind(fd, &place.any, size) == 0) return fd;
  close(fd);
  return -1;
}

/* The address that a datagram was sent to, so that it is answered from there. */
static void asked_address(struct msghdr *message, union place *out) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level == SOL_IP && header->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      out->in4.sin_addr = info.ipi_addr;
    }
    if (header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      out->in6.sin6_addr = info.ipi6_addr;
    }
  }
}

/* A datagram lost here is asked for again by the client. */
static void send_from(int fd, int family, const union place *from, union place *to, const char *text) {
  _Alignas(struct cmsghdr) char control[64] = {0};
  struct iovec part = {.iov_base = (void *)text, .iov_len = strlen(text)};
  struct msghdr message = {.msg_name = to, .msg_namelen = family == AF_INET ? sizeof to->in4 : sizeof to->in6, .msg_iov = &part,
                           .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (family == AF_INET) {
    struct in_pktinfo info = {.ipi_spec_dst = from->in4.sin_addr};
    *header = (struct cmsghdr){.cmsg_level = SOL_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
    memcpy(CMSG_DATA(header), &info, sizeof info);
    message.msg_controllen = CMSG_SPACE(sizeof info);
  } else {
    struct in6_pktinfo info = {.ipi6_addr = from->in6.sin6_addr};
    *header = (struct cmsghdr){.cmsg_level = SOL_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
    memcpy(CMSG_DATA(header), &info, sizeof info);
    message.msg_controllen = CMSG_SPACE(sizeof info);
  }
  sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* Answers at most RATE requests a second, so that forged sources cannot make it flood anyone. */
static bool within_rate(void) {
  static time_t second;
  static unsigned used;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (now.tv_sec != second) {
    second = now.tv_sec;
    used = 0;
  }
  return used++ < RATE;
}

static bool read_request(char *data, ssize_t length, char nonce[NONCE_LIMIT + 1]) {
  if (length <= 0) return false;
  data[length] = '\0';
  return sscanf(data, "reflect %64[0-9a-zA-Z]", nonce) == 1;
}

static void reflect_one(const struct reflector *reflector) {
  char data[512], nonce[NONCE_LIMIT + 1], seen[INET6_ADDRSTRLEN], text[256];
  _Alignas(struct cmsghdr) char control[256];
  union place from = {0}, asked = {0};
  struct iovec part = {.iov_base = data, .iov_len = sizeof data - 1};
  struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                           .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(reflector->ask, &message, MSG_DONTWAIT);
  if (!read_request(data, length, nonce) || !within_rate()) return;
  asked_address(&message, &asked);
  bool four = reflector->family == AF_INET;
  inet_ntop(reflector->family, four ? (void *)&from.in4.sin_addr : (void *)&from.in6.sin6_addr, seen, sizeof seen);
  snprintf(text, sizeof text, "seen %s %u %s", seen, ntohs(four ? from.in4.sin_port : from.in6.sin6_port), nonce);
  send_from(reflector->ask, reflector->family, &asked, &from, text);
  snprintf(text, sizeof text, "knock %s", nonce);
  send_from(reflector->knock, reflector->family, reflector->has_alternate ? &reflector->alternate : &asked, &from, text);
}

/* Reads the options behind the two ports. */
static bool read_alternates(int argc, char **argv, struct reflector reflectors[FAMILIES]) {
  for (int index = 3; index < argc; index += 2) {
    bool four = strcmp(argv[index], "--alternate-address4") == 0;
    if (index + 1 == argc || (!four && strcmp(argv[index], "--alternate-address6") != 0)) return false;
    struct reflector *reflector = &reflectors[four ? 0 : 1];
    void *value = four ? (void *)&reflector->alternate.in4.sin_addr : (void *)&reflector->alternate.in6.sin6_addr;
    if (inet_pton(reflector->family, argv[index + 1], value) != 1) return false;
    reflector->has_alternate = true;
  }
  return true;
}

static unsigned read_port(const char *text) {
  char *end;
  long value = strtol(text, &end, 10);
  return *text != '\0' && *end == '\0' && value > 0 && value < 65536 ? (unsigned)value : 0;
}

int reflect_main(int argc, char **argv) {
  struct reflector reflectors[FAMILIES] = {{.family = AF_INET}, {.family = AF_INET6}};
  struct pollfd polled[FAMILIES];
  unsigned port = argc > 2 ? read_port(argv[1]) : 0, alternate = argc > 2 ? read_port(argv[2]) : 0;
  if (port == 0 || alternate == 0 || port == alternate || !read_alternates(argc, argv, reflectors)) {
    fputs("usage: native reflect PORT ALTERNATE_PORT [--alternate-address4 A] [--alternate-address6 A]\n", stderr);
    return 2;
  }
  for (int index = 0; index < FAMILIES; index += 1) {
    struct reflector *reflector = &reflectors[index];
    reflector->ask = open_port(reflector->family, port);
    reflector->knock = open_port(reflector->family, alternate);
    if (reflector->ask < 0 || reflector->knock < 0) {
      perror("native reflect: open a port");
      return 1;
    }
    polled[index] = (struct pollfd){.fd = reflector->ask, .events = POLLIN};
  }
  for (;;) {
    if (poll(polled, FAMILIES, -1) < 0 && errno != EINTR) return 1;
    for (int index = 0; index < FAMILIES; index += 1) {
      if (polled[index].revents != 0) reflect_one(&reflectors[index]);
    }
  }
}
