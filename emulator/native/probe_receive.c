/* What comes back to icmp and udp probes: answers, and ICMP errors from the socket's error queue. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/epoll.h>

enum { PER_TURN = 128, ECHO_HEADER = 8 };

static struct probe *marked_probe(const struct carrier *carrier, const struct mark *mark) {
  struct probe *probe = probe_in_slot(mark->slot);
  return probe != NULL && probe->carrier == carrier && strcmp(probe->id, mark->token) == 0 ? probe : NULL;
}

static int received_ttl(struct msghdr *message) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
    bool four = header->cmsg_level == SOL_IP && header->cmsg_type == IP_TTL;
    bool six = header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_HOPLIMIT;
    int ttl;
    if (!four && !six) continue;
    memcpy(&ttl, CMSG_DATA(header), sizeof ttl);
    return ttl;
  }
  return -1;
}

/* The echo's payload, or NULL when the packet is none. An IPv4 raw socket hands over the IP header too. */
static const char *echo_payload(const struct carrier *carrier, const char *data, size_t *length) {
  if (carrier->family == AF_INET) {
    size_t header = *length > 0 ? (size_t)(data[0] & 15) * 4 : 0;
    if (header < sizeof(struct iphdr) || *length < header) return NULL;
    data += header;
    *length -= header;
  }
  if (*length < ECHO_HEADER || (uint8_t)data[0] != (carrier->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY)) return NULL;
  *length -= ECHO_HEADER;
  return data + ECHO_HEADER;
}

static void take_answer(struct carrier *carrier, const char *data, size_t length, struct outcome *outcome) {
  struct mark *mark = &outcome->answer.mark;
  if (carrier->protocol == IPPROTO_UDP) {
    outcome->has_answer = answer_read(data, length, &outcome->answer);
    if (!outcome->has_answer) return;
  } else {
    data = echo_payload(carrier, data, &length);
    if (data == NULL || !request_read(data, length, mark)) return;
    address_set_port(&outcome->from, 0);
  }
  struct probe *probe = marked_probe(carrier, mark);
  if (probe == NULL) return;
  outcome->rtt_us = probe_rtt(probe, mark->sequence);
  probe_finish(probe, outcome);
}

static void drain_answers(struct carrier *carrier) {
  static char data[SIZE_LIMIT + 512];
  for (int turn = 0; turn < PER_TURN && carrier->source.fd >= 0; turn += 1) {
    _Alignas(struct cmsghdr) char control[256];
    struct outcome outcome = {.kind = OUTCOME_REPLY};
    struct iovec part = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr message = {.msg_name = &outcome.from, .msg_namelen = sizeof outcome.from, .msg_iov = &part, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(carrier->source.fd, &message, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length < 0) continue; /* an error that the error queue tells more about */
    outcome.reply_ttl = received_ttl(&message);
    take_answer(carrier, data, (size_t)length, &outcome);
  }
}

/*
 * Reads one entry of the error queue: 1 for an ICMP error, 0 for one of another kind, -1 for none. `data` receives the start of
 * the packet that met it, from its UDP payload or ICMP header on.
 */
int receive_error(int fd, void *data, size_t *length, struct outcome *out) {
  _Alignas(struct cmsghdr) char control[512];
  struct iovec part = {.iov_base = data, .iov_len = *length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t received = recvmsg(fd, &message, MSG_ERRQUEUE);
  if (received < 0) return -1;
  *length = (size_t)received;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
    bool four = header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR;
    if (!four && !(header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_RECVERR)) continue;
    struct sock_extended_err error;
    memcpy(&error, CMSG_DATA(header), sizeof error);
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) return 0;
    *out = (struct outcome){.kind = OUTCOME_ICMP, .type = error.ee_type, .code = error.ee_code, .mtu = error.ee_info, .rtt_us = -1};
    size_t wanted = four ? sizeof out->from.in4 : sizeof out->from.in6;
    if (header->cmsg_len >= CMSG_LEN(sizeof error + wanted)) memcpy(&out->from, CMSG_DATA(header) + sizeof error, wanted);
    address_set_port(&out->from, 0);
    return 1;
  }
  return 0;
}

/* Whose packet met the error: by its mark, or, where the quote is too short for one, by the echo's id or the only user. */
static struct probe *failed_probe(struct carrier *carrier, const char *data, size_t length, unsigned *sequence) {
  struct mark mark;
  *sequence = UINT32_MAX;
  if (carrier->protocol != IPPROTO_UDP) {
    if (length < ECHO_HEADER) return NULL;
    struct icmphdr header;
    memcpy(&header, data, sizeof header);
    if (header.type != (carrier->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST)) return NULL;
    if (length == ECHO_HEADER) {
      struct probe *probe = probe_in_slot(ntohs(header.un.echo.id));
      return probe != NULL && probe->carrier == carrier ? probe : NULL;
    }
    data += ECHO_HEADER;
    length -= ECHO_HEADER;
  }
  if (!request_read(data, length, &mark)) return carrier->only;
  *sequence = mark.sequence;
  return marked_probe(carrier, &mark);
}

/* Returns how many ICMP errors were read; the carrier may be closed afterwards. */
unsigned carrier_drain_errors(struct carrier *carrier) {
  unsigned found = 0;
  for (int turn = 0; turn < PER_TURN && carrier->source.fd >= 0; turn += 1) {
    char data[512];
    size_t length = sizeof data;
    struct outcome outcome;
    unsigned sequence;
    int kind = receive_error(carrier->source.fd, data, &length, &outcome);
    if (kind < 0) break;
    if (kind == 0) continue;
    found += 1;
    struct probe *probe = failed_probe(carrier, data, length, &sequence);
    if (probe == NULL) continue;
    outcome.rtt_us = probe_rtt(probe, sequence);
    probe_finish(probe, &outcome);
  }
  return found;
}

void carrier_ready(struct source *source, uint32_t events) {
  struct carrier *carrier = (struct carrier *)source;
  if (events & EPOLLERR) {
    int error;
    socklen_t length = sizeof error;
    unsigned found = carrier_drain_errors(carrier);
    if (carrier->source.fd < 0) return;
    /* A pending error without a queue entry would make epoll report it for ever. */
    if (found == 0) getsockopt(carrier->source.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (events & EPOLLIN) drain_answers(carrier);
}
