/* Connections of tcp responders: each sends a request line and is answered with as many bytes as it sent. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { GUEST_LIMIT = 2048, GUEST_TIME_US = 10 * 1000 * 1000 };

struct guest {
  struct source source;
  struct timer timer;
  struct listener *listener;
  struct guest *next;
  union address from;
  bool answered;
  size_t used;
  struct mark mark;
  char request[128];
};

static void guest_close(struct guest *guest) {
  timer_cancel(&guest->timer);
  for (struct guest **link = &guest->listener->guests; *link != NULL; link = &(*link)->next) {
    if (*link != guest) continue;
    *link = guest->next;
    guest->listener->guest_count -= 1;
    break;
  }
  loop_bury(&guest->source);
}

void guests_close(struct listener *listener) {
  while (listener->guests != NULL) guest_close(listener->guests);
}

static void guest_expired(struct timer *timer) {
  guest_close((struct guest *)((char *)timer - offsetof(struct guest, timer)));
}

/* -1 where the kernel kept no SYN (it answered with a cookie). */
static int saved_ttl(int fd) {
  uint8_t header[256];
  socklen_t length = sizeof header;
  if (getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, header, &length) != 0 || length < sizeof(struct iphdr)) return -1;
  return header[0] >> 4 == 4 ? header[offsetof(struct iphdr, ttl)] : header[offsetof(struct ip6_hdr, ip6_hlim)];
}

static void answer(struct guest *guest) {
  static char data[SIZE_LIMIT + 512];
  union address own = {0};
  socklen_t size = sizeof own;
  getsockname(guest->source.fd, &own.any, &size);
  struct answer answer = {.mark = guest->mark, .source_port = address_port(&guest->from), .destination_port = address_port(&own)};
  answer.ttl = saved_ttl(guest->source.fd);
  strcpy(answer.who, guest->listener->who);
  address_text(&guest->from, answer.source);
  address_text(&own, answer.destination);
  size_t length = answer_write(data, guest->used, &answer);
  guest->answered = true;
  if (send(guest->source.fd, data, length, MSG_NOSIGNAL) != (ssize_t)length) guest_close(guest);
}

static void guest_ready(struct source *source, uint32_t events) {
  struct guest *guest = (struct guest *)source;
  (void)events;
  for (;;) {
    char data[8192];
    ssize_t length = recv(source->fd, data, sizeof data, 0);
    if (length < 0 && errno == EAGAIN) break;
    if (length <= 0) {
      guest_close(guest); /* it ends first, so that no port of the responder waits for late segments */
      return;
    }
    if (guest->used < sizeof guest->request) {
      size_t room = sizeof guest->request - guest->used;
      memcpy(guest->request + guest->used, data, (size_t)length < room ? (size_t)length : room);
    }
    guest->used += (size_t)length;
  }
  size_t kept = guest->used < sizeof guest->request ? guest->used : sizeof guest->request;
  if (guest->answered || !request_read(guest->request, kept, &guest->mark)) return;
  if (guest->used >= guest->mark.size) answer(guest); /* not before all of a full-size request got through */
}

void accept_ready(struct source *source, uint32_t events) {
  struct listener *listener = (struct listener *)source;
  (void)events;
  for (;;) {
    union address from;
    socklen_t size = sizeof from;
    int fd = accept4(source->fd, &from.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (listener->guest_count == GUEST_LIMIT) {
      close(fd);
      continue;
    }
    struct guest *guest = allocate(sizeof *guest);
    guest->source = (struct source){.fd = fd, .ready = guest_ready};
    guest->timer.fire = guest_expired;
    guest->listener = listener;
    guest->from = from;
    guest->next = listener->guests;
    listener->guests = guest;
    listener->guest_count += 1;
    set_option(fd, SOL_SOCKET, SO_SNDBUF, 2 * SIZE_LIMIT);
    timer_arm(&guest->timer, deadline_clock_us() + GUEST_TIME_US);
    loop_add(&guest->source, EPOLLIN);
  }
}
