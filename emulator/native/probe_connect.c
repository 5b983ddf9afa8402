/* tcp probes: connect, send the request's line, read the answer's. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ANSWER_ROOM = 1024 };

struct connection {
  struct source source;
  struct probe *probe;
  bool connected;
  size_t used;
  char answer[ANSWER_ROOM]; /* only the start: what fills it up to its size is read and dropped */
};

static void finish(struct connection *connection, struct outcome *outcome) {
  struct probe *probe = connection->probe;
  if (outcome->from.any.sa_family == AF_UNSPEC) outcome->from = probe->destination.address;
  outcome->rtt_us = probe_rtt(probe, 0);
  probe_finish(probe, outcome);
}

/* A refusal, an error that a router told of, or one of this host. */
static void finish_failed(struct connection *connection, int error) {
  char quote[256];
  size_t length = sizeof quote;
  struct outcome outcome = {0};
  int kind = receive_error(connection->source.fd, quote, &length, &outcome);
  if (kind == 1) {
    finish(connection, &outcome);
  } else if (error == ECONNREFUSED) {
    outcome = (struct outcome){.kind = OUTCOME_REFUSED};
    finish(connection, &outcome);
  } else {
    probe_fail(connection->probe, error);
  }
}

static void finish_accepted(struct connection *connection) {
  struct outcome outcome = {.kind = OUTCOME_ACCEPTED, .reply_ttl = -1};
  finish(connection, &outcome);
}

void connection_timeout(struct connection *connection) {
  if (connection->connected) {
    finish_accepted(connection);
    return;
  }
  struct outcome outcome = {.kind = OUTCOME_TIMEOUT, .rtt_us = -1};
  probe_finish(connection->probe, &outcome);
}

/*
 * The kernel puts an ICMP error into the socket's queue, which wakes who waits for the socket, before the socket itself has the error or is
 * closed: whoever asks in between, on another processor, is told of no error, and is not connected.
 */
static bool is_connected(const struct connection *connection) {
  union address peer;
  socklen_t size = sizeof peer;
  return getpeername(connection->source.fd, &peer.any, &size) == 0;
}

/* Returns whether there may be something to read. */
static bool complete_connect(struct connection *connection) {
  static char packet[SIZE_LIMIT + 512];
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(connection->source.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    finish_failed(connection, error);
    return false;
  }
  /* The error is on its way, and the queue wakes us again until it is here. */
  if (!is_connected(connection)) return false;
  struct mark mark = {.slot = connection->probe->slot};
  strcpy(mark.token, connection->probe->id);
  size_t length = request_write(packet, connection->probe->size, &mark);
  connection->connected = true;
  if (send(connection->source.fd, packet, length, MSG_NOSIGNAL) != (ssize_t)length) {
    finish_accepted(connection);
    return false;
  }
  loop_change(&connection->source, EPOLLIN);
  return true;
}

/* The answer counts when all of it is here, as long as the request was: a path that loses full-size packets must not pass. */
static void read_answer(struct connection *connection) {
  struct outcome outcome = {.kind = OUTCOME_REPLY, .reply_ttl = -1};
  for (;;) {
    char data[8192];
    ssize_t length = recv(connection->source.fd, data, sizeof data, 0);
    if (length < 0 && errno == EAGAIN) break;
    if (length <= 0) {
      finish_accepted(connection);
      return;
    }
    size_t room = connection->used < ANSWER_ROOM ? ANSWER_ROOM - connection->used : 0;
    if (room > 0) memcpy(connection->answer + connection->used, data, (size_t)length < room ? (size_t)length : room);
    connection->used += (size_t)length;
  }
  size_t kept = connection->used < ANSWER_ROOM ? connection->used : ANSWER_ROOM;
  if (connection->used < connection->probe->size || !answer_read(connection->answer, kept, &outcome.answer)) return;
  outcome.has_answer = strcmp(outcome.answer.mark.token, connection->probe->id) == 0;
  if (outcome.has_answer) finish(connection, &outcome);
}

static void connection_ready(struct source *source, uint32_t events) {
  struct connection *connection = (struct connection *)source;
  (void)events;
  if (!connection->connected && !complete_connect(connection)) return;
  read_answer(connection);
}

static void set_options(int fd, const struct probe *probe) {
  bool four = address_family(&probe->destination.address) == AF_INET;
  set_option(fd, four ? SOL_IP : SOL_IPV6, four ? IP_RECVERR : IPV6_RECVERR, 1);
  if (probe->ttl > 0) set_option(fd, four ? SOL_IP : SOL_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, probe->ttl);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 2 * SIZE_LIMIT);
}

static int open_socket(struct probe *probe, const struct probe_request *request, int fd) {
  int error = place_resolve(&probe->destination, fd);
  if (error != 0) return error;
  set_options(fd, probe);
  if (request->has_source || request->source_port != 0) {
    struct place source = request->source;
    if (!request->has_source) source.address.any.sa_family = (sa_family_t)address_family(&probe->destination.address);
    error = place_resolve(&source, fd);
    if (error != 0) return error;
    if (request->source_port != 0) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    address_set_port(&source.address, (unsigned)request->source_port);
    if (bind(fd, &source.address.any, address_length(&source.address)) != 0) return errno;
  }
  probe->sent_at[probe->sent++] = now_us();
  const union address *to = &probe->destination.address;
  return connect(fd, &to->any, address_length(to)) == 0 || errno == EINPROGRESS ? 0 : errno;
}

/* Returns 0, or an errno of this host; the probe is the caller's in either case. */
int connection_start(struct probe *probe, const struct probe_request *request) {
  int fd = namespace_socket(request->namespace, address_family(&probe->destination.address), SOCK_STREAM, 0);
  if (fd < 0) return errno;
  int error = open_socket(probe, request, fd);
  if (error != 0) {
    close(fd);
    return error;
  }
  struct connection *connection = allocate(sizeof *connection);
  connection->source = (struct source){.fd = fd, .ready = connection_ready};
  connection->probe = probe;
  probe->connection = connection;
  loop_add(&connection->source, EPOLLOUT);
  return 0;
}

void connection_drop(struct connection *connection) {
  loop_bury(&connection->source);
}
