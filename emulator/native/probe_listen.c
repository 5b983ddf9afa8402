/* `listen` and `unlisten`: responders that say who they are and what they saw. tcp's connections are in probe_accept.c. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PER_TURN = 128, BACKLOG = 1024 };

static struct listener *listeners;

/* The address a datagram was sent to, and its TTL. */
static int read_control(struct msghdr *message, union address *destination) {
  int ttl = -1;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
    const void *data = CMSG_DATA(header);
    if (header->cmsg_level == SOL_IP && header->cmsg_type == IP_TTL) memcpy(&ttl, data, sizeof ttl);
    if (header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_HOPLIMIT) memcpy(&ttl, data, sizeof ttl);
    if (header->cmsg_level == SOL_IP && header->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, data, sizeof info);
      destination->in4.sin_family = AF_INET;
      destination->in4.sin_addr = info.ipi_addr;
    }
    if (header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, data, sizeof info);
      destination->in6.sin6_family = AF_INET6;
      destination->in6.sin6_addr = info.ipi6_addr;
    }
  }
  return ttl;
}

/* Answers from the address that was asked, which routing alone would not choose. */
static void send_from(int fd, struct msghdr *message, const union address *source) {
  _Alignas(struct cmsghdr) char control[64] = {0};
  message->msg_control = control;
  message->msg_controllen = sizeof control;
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  if (source->any.sa_family == AF_INET) {
    struct in_pktinfo info = {.ipi_spec_dst = source->in4.sin_addr};
    *header = (struct cmsghdr){.cmsg_level = SOL_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
    memcpy(CMSG_DATA(header), &info, sizeof info);
    message->msg_controllen = CMSG_SPACE(sizeof info);
  } else {
    struct in6_pktinfo info = {.ipi6_addr = source->in6.sin6_addr};
    *header = (struct cmsghdr){.cmsg_level = SOL_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
    memcpy(CMSG_DATA(header), &info, sizeof info);
    message->msg_controllen = CMSG_SPACE(sizeof info);
  }
  /* An answer that cannot leave shows as the asking probe's timeout. */
  sendmsg(fd, message, MSG_NOSIGNAL);
}

static bool answer_one(struct listener *listener, unsigned port) {
  static char data[SIZE_LIMIT + 512];
  _Alignas(struct cmsghdr) char control[256];
  union address from, destination = {0};
  struct iovec part = {.iov_base = data, .iov_len = sizeof data};
  struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                           .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(listener->source.fd, &message, 0);
  if (length < 0) return errno != EAGAIN;
  struct answer answer = {.destination_port = port, .source_port = address_port(&from)};
  if (!request_read(data, (size_t)length, &answer.mark)) return true;
  answer.ttl = read_control(&message, &destination);
  strcpy(answer.who, listener->who);
  address_text(&from, answer.source);
  address_text(&destination, answer.destination);
  size_t wanted = answer.mark.size < SIZE_LIMIT ? answer.mark.size : SIZE_LIMIT;
  part.iov_len = answer_write(data, wanted > (size_t)length ? wanted : (size_t)length, &answer);
  send_from(listener->source.fd, &message, &destination);
  return true;
}

static void datagram_ready(struct source *source, uint32_t events) {
  struct listener *listener = (struct listener *)source;
  union address own = {0};
  socklen_t size = sizeof own;
  (void)events;
  getsockname(source->fd, &own.any, &size);
  for (int turn = 0; turn < PER_TURN; turn += 1) {
    if (!answer_one(listener, address_port(&own))) return;
  }
}

static void set_options(int fd, int family, bool udp) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) set_option(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (!udp) {
    set_option(fd, SOL_TCP, TCP_SAVE_SYN, 1); /* the only way to the TTL that a connection arrived with */
    return;
  }
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 1 << 20);
  if (family == AF_INET) {
    set_option(fd, SOL_IP, IP_PKTINFO, 1);
    set_option(fd, SOL_IP, IP_RECVTTL, 1);
    set_option(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  } else {
    set_option(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1);
    set_option(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
    set_option(fd, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    set_option(fd, SOL_IPV6, IPV6_DONTFRAG, 1);
  }
}

/* Returns the bound socket, or -1 with errno. */
static int open_listener(const char *path, struct place *place, bool udp) {
  int family = address_family(&place->address);
  int fd = socket_in(path, family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
  if (fd < 0) return -1;
  set_options(fd, family, udp);
  errno = place_resolve(place, fd);
  if (errno == 0 && bind(fd, &place->address.any, address_length(&place->address)) == 0 && (udp || listen(fd, BACKLOG) == 0)) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* listen ID NAMESPACE tcp|udp ADDRESS PORT WHO */
void listen_request(char *fields[], size_t count) {
  struct place place;
  long port;
  (void)count;
  bool udp = strcmp(fields[3], "udp") == 0;
  if ((!udp && strcmp(fields[3], "tcp") != 0) || !read_number(fields[5], 1, 65535, &port) ||
      !place_parse(fields[4], (unsigned)port, &place) || strlen(fields[6]) > WHO_LIMIT) {
    say_error(fields[1], "listen takes tcp or udp, an address, a port 1-65535, and a name of at most 200 bytes");
    return;
  }
  int fd = open_listener(fields[2], &place, udp);
  if (fd < 0) {
    char what[256];
    snprintf(what, sizeof what, "listen on %.64s port %ld", fields[4], port);
    say_errno(fields[1], what, errno);
    return;
  }
  struct listener *listener = allocate(sizeof *listener);
  listener->source = (struct source){.fd = fd, .ready = udp ? datagram_ready : accept_ready};
  strcpy(listener->id, fields[1]);
  strcpy(listener->who, fields[6]);
  listener->next = listeners;
  listeners = listener;
  loop_add(&listener->source, EPOLLIN);
  say_ok(fields[1]);
}

static void close_first(struct listener **link) {
  struct listener *listener = *link;
  *link = listener->next;
  guests_close(listener);
  loop_bury(&listener->source);
}

void unlisten_request(char *fields[], size_t count) {
  (void)count;
  for (struct listener **link = &listeners; *link != NULL; link = &(*link)->next) {
    if (strcmp((*link)->id, fields[1]) != 0) continue;
    close_first(link);
    say_ok(fields[1]);
    return;
  }
  say_error(fields[1], "no such listener");
}

void listeners_close(void) {
  while (listeners != NULL) close_first(&listeners);
}
