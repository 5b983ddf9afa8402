/* See converse.h. A word is eight bytes: its number, and in an answer of udp the port from which it was seen to come. */
#define _GNU_SOURCE
#include "converse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct word {
  uint16_t number, spare;
  uint32_t seen;
};

union place {
  struct sockaddr any;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
};

int64_t converse_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static socklen_t place_of(union place *place, const char *address, unsigned port) {
  memset(place, 0, sizeof *place);
  if (inet_pton(AF_INET, address, &place->in4.sin_addr) == 1) {
    place->in4.sin_family = AF_INET;
    place->in4.sin_port = htons((uint16_t)port);
    return sizeof place->in4;
  }
  if (inet_pton(AF_INET6, address, &place->in6.sin6_addr) != 1) return 0;
  place->in6.sin6_family = AF_INET6;
  place->in6.sin6_port = htons((uint16_t)port);
  return sizeof place->in6;
}

static int socket_of(enum converse_kind kind, int family) {
  int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  if (kind == CONVERSE_TCP) return socket(family, SOCK_STREAM | flags, 0);
  if (kind == CONVERSE_UDP) return socket(family, SOCK_DGRAM | flags, 0);
  return socket(family, SOCK_RAW | flags, family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
}

int converse_open(struct converse_flow *flow, enum converse_kind kind, const char *address, unsigned port, uint16_t id) {
  union place to;
  int one = 1;
  socklen_t length = place_of(&to, address, kind == CONVERSE_ICMP ? 0 : port);
  if (length == 0) return errno = EINVAL, -1;
  *flow = (struct converse_flow){.kind = kind, .family = to.any.sa_family, .id = id, .answered_at = converse_now()};
  flow->fd = socket_of(kind, flow->family);
  if (flow->fd < 0) return -1;
  if (kind == CONVERSE_TCP) setsockopt(flow->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return connect(flow->fd, &to.any, length) < 0 && errno != EINPROGRESS ? -1 : 0;
}

static uint16_t checksum(const uint8_t *bytes, size_t length) {
  uint32_t sum = 0;
  for (size_t at = 0; at + 1 < length; at += 2) sum += (uint32_t)(bytes[at] << 8 | bytes[at + 1]);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static void send_echo(const struct converse_flow *flow) {
  struct {
    struct icmphdr head;
    struct word word;
  } packet = {.head.type = flow->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST, .word.number = flow->number};
  packet.head.un.echo.id = flow->id;
  packet.head.un.echo.sequence = htons(flow->number);
  /* That of IPv6 is the kernel's to make. */
  if (flow->family == AF_INET) packet.head.checksum = checksum((uint8_t *)&packet, sizeof packet);
  send(flow->fd, &packet, sizeof packet, MSG_NOSIGNAL);
}

static void end(struct converse_flow *flow) {
  close(flow->fd);
  flow->fd = -1;
}

void converse_send(struct converse_flow *flow) {
  struct word word = {.number = ++flow->number};
  if (flow->fd < 0) return;
  flow->sent += 1;
  if (flow->kind == CONVERSE_ICMP) return send_echo(flow);
  if (send(flow->fd, &word, sizeof word, MSG_NOSIGNAL) >= 0 || flow->kind == CONVERSE_UDP) return;
  if (errno != EAGAIN && errno != ENOTCONN && errno != EINPROGRESS) end(flow);
}

static void note_answers(struct converse_flow *flow, unsigned count) {
  int64_t now = converse_now();
  if (now - flow->answered_at > flow->longest_gap && flow->is_open) flow->longest_gap = now - flow->answered_at;
  flow->answered_at = now;
  flow->answered += count;
  flow->is_open = true;
}

static bool is_own_echo(const struct converse_flow *flow, const uint8_t *bytes, ssize_t length) {
  size_t head = flow->family == AF_INET ? (size_t)(bytes[0] & 15) * 4 : 0;
  struct icmphdr icmp;
  if (length < (ssize_t)(head + sizeof icmp)) return false;
  memcpy(&icmp, bytes + head, sizeof icmp);
  return icmp.type == (flow->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) && icmp.un.echo.id == flow->id;
}

void converse_read(struct converse_flow *flow) {
  uint8_t bytes[2048];
  ssize_t length;
  while (flow->fd >= 0 && (length = recv(flow->fd, bytes, sizeof bytes, 0)) != -1) {
    if (flow->kind == CONVERSE_TCP) {
      if (length == 0) return end(flow);
      note_answers(flow, (unsigned)((size_t)length / sizeof(struct word)));
    } else if (flow->kind == CONVERSE_ICMP) {
      if (is_own_echo(flow, bytes, length)) note_answers(flow, 1);
    } else if (length == (ssize_t)sizeof(struct word)) {
      struct word word;
      memcpy(&word, bytes, sizeof word);
      if (flow->seen != 0 && word.seen != flow->seen) flow->has_moved = true;
      if (flow->seen == 0) flow->seen = word.seen;
      note_answers(flow, 1);
    }
  }
  /* An error of udp or of an echo is one packet's; one of tcp is its end. */
  if (flow->fd >= 0 && flow->kind == CONVERSE_TCP && errno != EAGAIN && errno != EINTR && errno != ENOTCONN) end(flow);
}

static int listener(int type, unsigned port) {
  struct sockaddr_in6 local = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
  int one = 1, zero = 0, fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
  if (bind(fd, (struct sockaddr *)&local, sizeof local) == 0 && (type != SOCK_STREAM || listen(fd, 512) == 0)) return fd;
  close(fd);
  return -1;
}

int converse_answer(unsigned port, int *tcp, int *udp) {
  *tcp = listener(SOCK_STREAM, port);
  *udp = listener(SOCK_DGRAM, port);
  return *tcp < 0 || *udp < 0 ? -1 : 0;
}

int converse_accept(int tcp) {
  int one = 1, connection = accept4(tcp, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (connection >= 0) setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return connection;
}

int converse_echo_tcp(int connection) {
  uint8_t bytes[2048];
  ssize_t length = recv(connection, bytes, sizeof bytes, 0);
  if (length > 0) send(connection, bytes, (size_t)length, MSG_NOSIGNAL);
  return length == 0 || (length < 0 && errno != EAGAIN) ? -1 : 0;
}

void converse_echo_udp(int udp) {
  struct word word;
  struct sockaddr_in6 from;
  for (;;) {
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(udp, &word, sizeof word, 0, (struct sockaddr *)&from, &size);
    if (length < 0) return;
    word.seen = from.sin6_port;
    if (length == (ssize_t)sizeof word) sendto(udp, &word, sizeof word, MSG_NOSIGNAL, (struct sockaddr *)&from, size);
  }
}
