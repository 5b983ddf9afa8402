/*
 * `watch` and `unwatch`: which packets that carry a token pass an interface, in which direction, with which addresses and TTL.
 * Encrypted packets do not show their token, so what is counted is always one encapsulation.
 */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PER_TURN = 256, SNAP = 2048 };

struct watch {
  struct source source;
  char id[TOKEN_LIMIT + 1];
  char interface[IFNAMSIZ];
  char token[TOKEN_LIMIT + 1];
  struct watch *next;
};

static struct watch *watches;

/* The kernel's time of a packet, on the monotonic clock: so packets of several interfaces can be put in order. */
static int64_t captured_at(struct msghdr *message) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
    struct timespec stamp, real;
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
    memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t age = (int64_t)(real.tv_sec - stamp.tv_sec) * 1000000 + (real.tv_nsec - stamp.tv_nsec) / 1000;
    return now_us() - age;
  }
  return now_us();
}

static void tell(const struct watch *watch, const struct packet *packet, const struct sockaddr_ll *link, size_t length, int64_t at) {
  static const char *const kinds[] = {"other", "request", "answer", "error"};
  line_begin("seen", watch->id);
  line_pair("interface", watch->interface);
  line_pair("direction", link->sll_pkttype == PACKET_OUTGOING ? "out" : "in");
  line_pair("source", packet->source);
  line_pair("destination", packet->destination);
  line_number("ttl", packet->ttl);
  line_pair("protocol", packet->protocol);
  line_number("source_port", packet->source_port);
  line_number("destination_port", packet->destination_port);
  line_pair("kind", kinds[packet->kind]);
  line_pair("token", packet->token);
  line_number("sequence", packet->sequence);
  line_number("length", (int64_t)length);
  line_number("at_us", at);
  line_end();
}

/* Returns whether there was a packet. */
static bool take_one(struct watch *watch) {
  static char data[SNAP];
  _Alignas(struct cmsghdr) char control[256];
  struct sockaddr_ll link;
  struct packet packet;
  struct iovec part = {.iov_base = data, .iov_len = sizeof data};
  struct msghdr message = {.msg_name = &link, .msg_namelen = sizeof link, .msg_iov = &part, .msg_iovlen = 1,
                           .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(watch->source.fd, &message, MSG_TRUNC); /* the true length, though only the start is kept */
  if (length < 0) return errno == EINTR;
  size_t kept = (size_t)length < sizeof data ? (size_t)length : sizeof data;
  if (memmem(data, kept, watch->token, strlen(watch->token)) == NULL) return true;
  if (packet_read(data, kept, watch->token, &packet)) tell(watch, &packet, &link, (size_t)length, captured_at(&message));
  return true;
}

static void watch_ready(struct source *source, uint32_t events) {
  (void)events;
  for (int turn = 0; turn < PER_TURN; turn += 1) {
    if (!take_one((struct watch *)source)) return;
  }
}

/* Cooked packets: they begin with the IP header on every kind of link, tunnels without link header included. 0 or an errno. */
static int bind_watch(int fd, const char *interface) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
  if (ioctl(fd, SIOCGIFINDEX, &request) != 0) return errno;
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = request.ifr_ifindex};
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  return bind(fd, (struct sockaddr *)&link, sizeof link) == 0 ? 0 : errno;
}

/* watch ID NAMESPACE INTERFACE TOKEN */
void watch_request(char *fields[], size_t count) {
  (void)count;
  if (strlen(fields[3]) >= IFNAMSIZ || strlen(fields[4]) == 0 || strlen(fields[4]) > TOKEN_LIMIT) {
    say_error(fields[1], "watch takes an interface and a token of at most 32 bytes");
    return;
  }
  int fd = socket_in(fields[2], AF_PACKET, SOCK_DGRAM, 0);
  int error = fd < 0 ? errno : bind_watch(fd, fields[3]);
  if (error != 0) {
    if (fd >= 0) close(fd);
    say_errno(fields[1], fields[3], error);
    return;
  }
  struct watch *watch = allocate(sizeof *watch);
  watch->source = (struct source){.fd = fd, .ready = watch_ready};
  strcpy(watch->id, fields[1]);
  strcpy(watch->interface, fields[3]);
  strcpy(watch->token, fields[4]);
  watch->next = watches;
  watches = watch;
  loop_add(&watch->source, EPOLLIN);
  say_ok(fields[1]);
}

/* Tells all that was captured until now, then how many packets the socket had no room for: with those, nothing is certain. */
static void tell_rest(struct watch *watch) {
  while (take_one(watch)) continue;
  struct tpacket_stats statistics = {0};
  socklen_t size = sizeof statistics;
  getsockopt(watch->source.fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
  line_begin("unwatched", watch->id);
  line_number("dropped", statistics.tp_drops);
  line_end();
}

static void *close_it(void *fd) {
  close((int)(intptr_t)fd);
  return NULL;
}

/* Closing such a socket waits some 16 ms for all processors (synchronize_net): aside, so that probes go on and many close at once. */
static void close_aside(int fd) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, close_it, (void *)(intptr_t)fd) == 0) pthread_detach(thread);
  else close(fd);
}

void unwatch_request(char *fields[], size_t count) {
  (void)count;
  for (struct watch **link = &watches; *link != NULL; link = &(*link)->next) {
    struct watch *watch = *link;
    if (strcmp(watch->id, fields[1]) != 0) continue;
    tell_rest(watch);
    *link = watch->next;
    close_aside(loop_release(&watch->source));
    return;
  }
  say_error(fields[1], "no such watch");
}

void watches_close(void) {
  while (watches != NULL) {
    struct watch *next = watches->next;
    close_aside(loop_release(&watches->source));
    watches = next;
  }
}
