/*
 * `trace`: one probe per TTL, all at once and all from one socket, so that a path chosen by a hash of the flow is one path.
 * Hops are told in order as they become known, up to the first that is not "time exceeded".
 */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hop {
  bool known;
  struct outcome outcome;
};

struct trace {
  char id[TOKEN_LIMIT + 1];
  unsigned hops, told;
  bool ending;
  unsigned slots[HOP_LIMIT + 1];
  struct hop hop[HOP_LIMIT + 1];
  struct trace *next;
};

static struct trace *traces;

/* Ends its probes and itself. */
static void discard(struct trace *trace) {
  for (struct trace **link = &traces; *link != NULL; link = &(*link)->next) {
    if (*link != trace) continue;
    *link = trace->next;
    break;
  }
  for (unsigned hop = 1; hop <= trace->hops; hop += 1) {
    struct probe *probe = probe_in_slot(trace->slots[hop]);
    if (probe != NULL && probe->trace == trace) probe_discard(probe);
  }
  free(trace);
}

void traces_discard(void) {
  while (traces != NULL) discard(traces);
}

static bool is_time_exceeded(const struct outcome *outcome) {
  if (outcome->kind != OUTCOME_ICMP) return false;
  return outcome->type == (outcome->from.any.sa_family == AF_INET ? ICMP_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED);
}

static bool is_last(const struct outcome *outcome) {
  return outcome->kind != OUTCOME_TIMEOUT && !is_time_exceeded(outcome);
}

static void tell_hop(const struct trace *trace, unsigned hop) {
  const struct outcome *outcome = &trace->hop[hop].outcome;
  char from[ADDRESS_TEXT] = "*";
  if (outcome->kind == OUTCOME_REPLY || outcome->kind == OUTCOME_ICMP) address_text(&outcome->from, from);
  const char *how = outcome->kind == OUTCOME_REPLY     ? "reply"
                    : outcome->kind == OUTCOME_TIMEOUT ? "timeout"
                    : outcome->kind == OUTCOME_ICMP    ? (is_time_exceeded(outcome) ? "exceeded" : "unreachable")
                                                       : "local";
  line_begin("hop", trace->id);
  line_number("ttl", hop);
  line_pair("from", from);
  line_pair("how", how);
  if (outcome->kind == OUTCOME_ICMP) {
    line_number("type", outcome->type);
    line_number("code", outcome->code);
  }
  if (outcome->kind == OUTCOME_LOCAL) line_pair("errno", strerrorname_np(outcome->error));
  if (outcome->kind == OUTCOME_REPLY && outcome->has_answer) line_pair("who", outcome->answer.who);
  if (outcome->rtt_us >= 0) line_number("rtt_us", outcome->rtt_us);
  line_end();
}

static void tell(struct trace *trace) {
  bool last = false;
  while (!last && trace->told < trace->hops && trace->hop[trace->told + 1].known) {
    trace->told += 1;
    tell_hop(trace, trace->told);
    last = is_last(&trace->hop[trace->told].outcome);
  }
  if (!last && trace->told < trace->hops) return;
  line_begin("done", trace->id);
  line_end();
  discard(trace);
}

/* While the probes are being sent (`ending` unset) the trace stays, so that its maker may go on using it. */
void trace_record(struct trace *trace, unsigned hop, const struct outcome *outcome) {
  trace->hop[hop].known = true;
  trace->hop[hop].outcome = *outcome;
  if (trace->ending) tell(trace);
}

static bool make_probes(struct trace *trace, struct probe_request *request) {
  struct carrier *carrier = carrier_take(request);
  if (carrier == NULL) return say_errno(request->id, "trace", errno), false;
  for (unsigned hop = 1; hop <= trace->hops; hop += 1) {
    request->ttl = hop;
    struct probe *probe = probe_make(request);
    if (probe == NULL) break;
    carrier->users += 1;
    probe->carrier = carrier;
    probe->trace = trace;
    probe->hop = hop;
    trace->slots[hop] = probe->slot;
    probe_launch(probe, deadline_clock_us() + request->timeout_ms * 1000);
  }
  bool complete = trace->slots[trace->hops] != SLOT_LIMIT;
  carrier_drop(carrier);
  if (!complete) say_error(request->id, "too many probes under way");
  return complete;
}

/* trace ID NAMESPACE PROTOCOL SOURCE|- DESTINATION PORT MAX_HOPS TIMEOUT_MS */
void trace_request(char *fields[], size_t count) {
  struct probe_request request = {.id = fields[1], .count = 1};
  long hops;
  (void)count;
  if (!read_number(fields[7], 1, HOP_LIMIT, &hops) || !read_number(fields[8], 1, 600000, &request.timeout_ms) ||
      strcmp(fields[3], "tcp") == 0) {
    say_error(request.id, "a trace is icmp or udp, over 1-64 hops, within 1-600000 ms");
    return;
  }
  if (!probe_common(fields, &request)) return;
  struct trace *trace = allocate(sizeof *trace);
  strcpy(trace->id, request.id);
  trace->hops = (unsigned)hops;
  for (unsigned hop = 0; hop <= HOP_LIMIT; hop += 1) trace->slots[hop] = SLOT_LIMIT;
  trace->next = traces;
  traces = trace;
  bool complete = make_probes(trace, &request);
  close(request.namespace);
  trace->ending = true;
  if (complete) tell(trace);
  else discard(trace);
}
