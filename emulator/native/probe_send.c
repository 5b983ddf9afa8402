/* `send`: one probe from its request to its outcome. The sockets are in probe_carrier.c (icmp, udp) and probe_connect.c (tcp). */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPACING_US = 1000 };

static struct probe *slots[SLOT_LIMIT];

/*
 * Slots are given out in turn, so that a late answer to an ended probe does not meet a new one; the token is compared anyway.
 * A slot is also the id of an ICMP echo.
 */
static int free_slot(void) {
  static unsigned next;
  for (unsigned tried = 0; tried < SLOT_LIMIT; tried += 1) {
    unsigned slot = next++ % SLOT_LIMIT;
    if (slots[slot] == NULL) return (int)slot;
  }
  return -1;
}

struct probe *probe_in_slot(unsigned slot) {
  return slot < SLOT_LIMIT ? slots[slot] : NULL;
}

static int read_protocol(const char *text) {
  return strcmp(text, "icmp") == 0 || strcmp(text, "unasked") == 0 ? IPPROTO_ICMP : strcmp(text, "udp") == 0 ? IPPROTO_UDP : strcmp(text, "tcp") == 0 ? IPPROTO_TCP : -1;
}

/*
 * The fields that `send` and `trace` share: ID NAMESPACE PROTOCOL SOURCE DESTINATION PORT. When they are right the namespace is
 * open, for the caller to close.
 */
bool probe_common(char *fields[], struct probe_request *request) {
  long port;
  request->id = fields[1];
  request->protocol = read_protocol(fields[3]);
  request->unasked = strcmp(fields[3], "unasked") == 0;
  request->has_source = strcmp(fields[4], "-") != 0;
  if (request->protocol < 0) return say_error(request->id, "the protocol is icmp, udp, tcp or unasked"), false;
  if (!read_number(fields[6], 0, 65535, &port) || !place_parse(fields[5], (unsigned)port, &request->destination)) {
    return say_error(request->id, "the destination is an address and a port"), false;
  }
  if (request->has_source && !place_parse(fields[4], 0, &request->source)) {
    return say_error(request->id, "the source is an address or -"), false;
  }
  int family = address_family(&request->destination.address);
  if (request->has_source && address_family(&request->source.address) != family) {
    return say_error(request->id, "source and destination are of different families"), false;
  }
  if (request->protocol == IPPROTO_ICMP && family == AF_INET6) request->protocol = IPPROTO_ICMPV6;
  request->namespace = namespace_open(fields[2]);
  if (request->namespace < 0) return say_errno(request->id, fields[2], errno), false;
  return true;
}

struct probe *probe_make(const struct probe_request *request) {
  int slot = free_slot();
  if (slot < 0) return NULL;
  struct probe *probe = allocate(sizeof *probe);
  strcpy(probe->id, request->id);
  probe->slot = (unsigned)slot;
  probe->protocol = request->protocol;
  probe->source = request->source;
  probe->destination = request->destination;
  probe->has_source = request->has_source;
  probe->unasked = request->unasked;
  probe->ttl = (int)request->ttl;
  probe->count = (unsigned)request->count;
  probe->size = (size_t)request->size;
  probe->answer_size = (size_t)request->answer_size;
  slots[slot] = probe;
  return probe;
}

/* Ends a probe without an outcome. */
void probe_discard(struct probe *probe) {
  timer_cancel(&probe->timer);
  slots[probe->slot] = NULL;
  if (probe->connection != NULL) connection_drop(probe->connection);
  if (probe->carrier != NULL) carrier_drop(probe->carrier);
  free(probe);
}

int64_t probe_rtt(const struct probe *probe, unsigned sequence) {
  return sequence < probe->sent ? now_us() - probe->sent_at[sequence] : -1;
}

static void say_reply(const struct outcome *outcome) {
  char from[ADDRESS_TEXT];
  address_text(&outcome->from, from);
  if (outcome->has_answer) line_pair("who", outcome->answer.who);
  line_pair("from", from);
  line_number("from_port", address_port(&outcome->from));
  if (outcome->reply_ttl >= 0) line_number("reply_ttl", outcome->reply_ttl);
  if (!outcome->has_answer) return;
  line_pair("seen_source", outcome->answer.source);
  line_number("seen_port", outcome->answer.source_port);
  if (outcome->answer.ttl >= 0) line_number("seen_ttl", outcome->answer.ttl);
  line_pair("seen_destination", outcome->answer.destination);
  line_number("seen_destination_port", outcome->answer.destination_port);
}

static void say_icmp(const struct outcome *outcome) {
  char from[ADDRESS_TEXT];
  address_text(&outcome->from, from);
  line_number("type", outcome->type);
  line_number("code", outcome->code);
  line_pair("from", from);
  if (outcome->mtu > 0) line_number("mtu", outcome->mtu);
}

static void say_outcome(const char *id, const struct outcome *outcome) {
  static const char *const verbs[] = {"reply", "icmp", "refused", "accepted", "local", "timeout"};
  line_begin(verbs[outcome->kind], id);
  if (outcome->kind == OUTCOME_REPLY || outcome->kind == OUTCOME_ACCEPTED) say_reply(outcome);
  if (outcome->kind == OUTCOME_ICMP) say_icmp(outcome);
  if (outcome->kind == OUTCOME_LOCAL) {
    const char *name = strerrorname_np(outcome->error);
    line_pair("errno", name != NULL ? name : "unknown");
  }
  if (outcome->rtt_us >= 0) line_number("rtt_us", outcome->rtt_us);
  line_number("at_us", now_us());
  line_end();
}

void probe_finish(struct probe *probe, const struct outcome *outcome) {
  struct trace *trace = probe->trace;
  unsigned hop = probe->hop;
  if (trace == NULL) say_outcome(probe->id, outcome);
  probe_discard(probe);
  if (trace != NULL) trace_record(trace, hop, outcome);
}

void probe_fail(struct probe *probe, int error) {
  struct outcome outcome = {.kind = OUTCOME_LOCAL, .error = error, .rtt_us = -1};
  probe_finish(probe, &outcome);
}

static void attempt(struct probe *probe);

static void probe_timer(struct timer *timer) {
  struct probe *probe = (struct probe *)timer;
  bool waiting = probe->connection != NULL || probe->sent == probe->count;
  if (!waiting && deadline_clock_us() < probe->deadline) {
    attempt(probe);
  } else if (timer->at < probe->deadline) {
    timer_arm(timer, probe->deadline);
  } else if (probe->connection != NULL) {
    connection_timeout(probe->connection);
  } else {
    struct outcome outcome = {.kind = OUTCOME_TIMEOUT, .rtt_us = -1};
    probe_finish(probe, &outcome);
  }
}

/* Sends the next packet; the probe may be over afterwards. */
static void attempt(struct probe *probe) {
  unsigned slot = probe->slot;
  int error = carrier_send(probe);
  if (slots[slot] != probe) return; /* an error of an earlier packet of it was read on the way */
  if (error != 0) {
    probe_fail(probe, error);
    return;
  }
  int64_t next = probe->sent < probe->count ? deadline_clock_us() + SPACING_US : probe->deadline;
  timer_arm(&probe->timer, next < probe->deadline ? next : probe->deadline);
}

void probe_launch(struct probe *probe, int64_t deadline) {
  probe->timer.fire = probe_timer;
  probe->deadline = deadline;
  if (probe->connection != NULL) timer_arm(&probe->timer, deadline);
  else attempt(probe);
}

/* Returns 0, or the errno of the socket. */
static int launch(const struct probe_request *request) {
  struct probe *probe = probe_make(request);
  if (probe == NULL) return ENOBUFS;
  int64_t deadline = deadline_clock_us() + request->timeout_ms * 1000;
  int error = 0;
  if (request->protocol == IPPROTO_TCP) {
    error = connection_start(probe, request);
  } else {
    probe->carrier = carrier_take(request);
    if (probe->carrier == NULL) error = errno;
    else if (request->protocol == IPPROTO_UDP) probe->carrier->only = probe;
  }
  if (error != 0) probe_discard(probe);
  else probe_launch(probe, deadline);
  return error;
}

/*
 * send ID NAMESPACE PROTOCOL SOURCE|- DESTINATION PORT TTL|0 TIMEOUT_MS COUNT [SIZE [SOURCE_PORT [0|1 [ANSWER_SIZE]]]]: with 1 the source
 * need not be the host's own; udp's answer is as long as the request, or longer. The protocol unasked is
 * an ICMP echo's answer that nobody has asked for: none comes back.
 */
void send_request(char *fields[], size_t count) {
  struct probe_request request = {.id = fields[1]};
  if (!read_number(fields[7], 0, 255, &request.ttl) || !read_number(fields[8], 1, 600000, &request.timeout_ms) ||
      !read_number(fields[9], 1, COUNT_LIMIT, &request.count) ||
      (count > 10 && !read_number(fields[10], 0, SIZE_LIMIT, &request.size)) ||
      (count > 11 && !read_number(fields[11], 0, 65535, &request.source_port)) ||
      (count > 12 && !read_number(fields[12], 0, 1, &request.foreign)) ||
      (count > 13 && !read_number(fields[13], 0, SIZE_LIMIT, &request.answer_size))) {
    say_error(request.id, "ttl 0-255, timeout 1-600000 ms, count 1-64, sizes 0-60000, source port 0-65535, foreign 0-1");
    return;
  }
  if (!probe_common(fields, &request)) return;
  if (request.foreign == 1 && (request.protocol != IPPROTO_UDP || !request.has_source)) {
    close(request.namespace);
    say_error(request.id, "only udp has a foreign source");
    return;
  }
  if (request.answer_size > 0 && request.protocol != IPPROTO_UDP) {
    close(request.namespace);
    say_error(request.id, "only udp is answered with more than was sent");
    return;
  }
  int error = launch(&request);
  close(request.namespace);
  if (error == 0) return;
  struct outcome outcome = {.kind = OUTCOME_LOCAL, .error = error, .rtt_us = -1};
  say_outcome(request.id, &outcome);
}
