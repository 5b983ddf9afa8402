/* See wire_flow.h. */
#define _GNU_SOURCE
#include "wire_flow.h"
#include "probe.h"
#include "siphash.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum {
  NO_VLAN = 0xffff,
  VLANS_MAX = 2,
  EXTENSIONS_MAX = 8,
  MARK_SPAN = 128,        /* a probe's mark stands at the beginning of what it carries */
  PICKED_FIRST = 32768,   /* Linux' net.ipv4.ip_local_port_range */
  PICKED_LAST = 60999,
  OTHER_FRAGMENT = 1,
  UNREADABLE = 255,       /* as protocol and type: an IP packet whose header is none */
};

static uint16_t read16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }
static uint32_t read32(const uint8_t *bytes) { return (uint32_t)read16(bytes) << 16 | read16(bytes + 2); }
static uint16_t named_port(uint16_t port) { return port >= PICKED_FIRST && port <= PICKED_LAST ? 0 : port; }

static void read_token(const uint8_t *frame, size_t offset, struct flow *flow) {
  size_t span = flow->end - offset < MARK_SPAN ? flow->end - offset : MARK_SPAN;
  const uint8_t *first = memmem(frame + offset, span, "farmlab-", 8);
  if (first == NULL) return;
  size_t rest = flow->end - (size_t)(first - frame), word = 0;
  bool request = rest >= sizeof REQUEST_WORD && memcmp(first, REQUEST_WORD " ", sizeof REQUEST_WORD) == 0;
  bool answer = rest >= sizeof ANSWER_WORD && memcmp(first, ANSWER_WORD " ", sizeof ANSWER_WORD) == 0;
  if (!request && !answer) return;
  size_t skip = request ? sizeof REQUEST_WORD : sizeof ANSWER_WORD;
  while (skip + word < rest && word < TOKEN_LIMIT && first[skip + word] > ' ') word += 1;
  flow->key.token = siphash((struct siphash_key){0, 0}, first + skip, word);
}

static void read_transport(const uint8_t *frame, size_t offset, struct flow *flow) {
  struct flow_key *key = &flow->key;
  bool icmp = key->protocol == IPPROTO_ICMP || key->protocol == IPPROTO_ICMPV6;
  if (offset + 8 > flow->end) return;
  if (icmp) {
    key->type = frame[offset];
    bool echo = key->protocol == IPPROTO_ICMP ? key->type == 8 || key->type == 0 : key->type == 128 || key->type == 129;
    if (echo) key->icmp_id = read16(frame + offset + 4);
  } else if (key->protocol == IPPROTO_UDP || key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_SCTP) {
    for (int side = 0; side < 2; side += 1) {
      key->ports[side] = read16(frame + offset + 2 * side);
      key->named_ports[side] = named_port(key->ports[side]);
    }
  }
  if (key->protocol == IPPROTO_TCP && offset + 20 <= flow->end) {
    flow->tcp_opens = (frame[offset + 13] & 0x02) != 0;
    flow->tcp_sequence = read32(frame + offset + 4);
  }
  if (icmp || key->protocol == IPPROTO_UDP) read_token(frame, offset, flow);
}

/* False: it is no IP header. */
static bool read_ip4(const uint8_t *frame, size_t offset, struct flow *flow) {
  const uint8_t *header = frame + offset;
  size_t length = flow->end - offset, own = length < 20 ? 0 : (size_t)(header[0] & 15) * 4, total = length < 20 ? 0 : read16(header + 2);
  if (own < 20 || own > length || total < own) return false;
  if (total < length) flow->end = offset + total;
  flow->key.protocol = header[9];
  memcpy(flow->key.source, header + 12, 4);
  memcpy(flow->key.destination, header + 16, 4);
  flow->body = offset + own;
  if ((read16(header + 6) & 0x1fff) != 0) flow->key.type = OTHER_FRAGMENT;
  else read_transport(frame, offset + own, flow);
  return true;
}

static bool read_ip6(const uint8_t *frame, size_t offset, struct flow *flow) {
  const uint8_t *header = frame + offset;
  size_t length = flow->end - offset, total = length < 40 ? 0 : 40 + (size_t)read16(header + 4);
  if (length < 40) return false;
  if (total < length) flow->end = offset + total;
  flow->key.protocol = header[6];
  memcpy(flow->key.source, header + 8, 16);
  memcpy(flow->key.destination, header + 24, 16);
  size_t at = offset + 40;
  flow->body = at;
  for (int turn = 0; turn < EXTENSIONS_MAX && at + 8 <= flow->end; turn += 1) {
    uint8_t kind = flow->key.protocol;
    bool sized = kind == IPPROTO_HOPOPTS || kind == IPPROTO_DSTOPTS || kind == IPPROTO_ROUTING;
    if (!sized && kind != IPPROTO_FRAGMENT) break;
    bool first = sized || (read16(frame + at + 2) & 0xfff8) == 0;
    flow->key.protocol = frame[at];
    at += sized ? ((size_t)frame[at + 1] + 1) * 8 : 8;
    if (first) continue;
    flow->key.type = OTHER_FRAGMENT;
    flow->body = at;
    return true;
  }
  if (at > flow->end) return true;
  flow->body = at;
  read_transport(frame, at, flow);
  return true;
}

void flow_read(const uint8_t *frame, size_t length, struct flow *flow) {
  *flow = (struct flow){.key = {.vlan = NO_VLAN}, .body = length, .end = length};
  if (length < ETH_HLEN) return;
  size_t offset = ETH_HLEN;
  uint16_t type = read16(frame + 12);
  for (int turn = 0; turn < VLANS_MAX && (type == ETHERTYPE_VLAN || type == 0x88a8) && offset + 4 <= length; turn += 1) {
    if (turn == 0) flow->key.vlan = read16(frame + offset) & 0x0fff;
    type = read16(frame + offset + 2);
    offset += 4;
  }
  flow->key.ethertype = type;
  flow->body = offset;
  bool ip = type == ETHERTYPE_IP || type == ETHERTYPE_IPV6;
  if (ip && (type == ETHERTYPE_IP ? read_ip4 : read_ip6)(frame, offset, flow)) return;
  if (ip) flow->key.protocol = flow->key.type = UNREADABLE;
  memcpy(flow->key.source, frame + 6, 6);
  memcpy(flow->key.destination, frame, 6);
}

static bool is_ip(const struct flow_key *key) {
  bool unreadable = key->protocol == UNREADABLE && key->type == UNREADABLE;
  return (key->ethertype == ETHERTYPE_IP || key->ethertype == ETHERTYPE_IPV6) && !unreadable;
}

static void host_text(const struct flow_key *key, int side, char *out, size_t room) {
  const uint8_t *address = side == 0 ? key->source : key->destination;
  char text[INET6_ADDRSTRLEN] = "", port[8] = "";
  bool six = key->ethertype == ETHERTYPE_IPV6;
  if (!is_ip(key)) {
    snprintf(out, room, "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1], address[2], address[3], address[4], address[5]);
    return;
  }
  bool ported = key->type == 0 && (key->protocol == IPPROTO_UDP || key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_SCTP);
  if (ported && key->named_ports[side] == 0) strcpy(port, ":*");
  else if (ported) snprintf(port, sizeof port, ":%u", key->named_ports[side]);
  inet_ntop(six ? AF_INET6 : AF_INET, address, text, sizeof text);
  snprintf(out, room, six && ported ? "[%s]%s" : "%s%s", text, port);
}

static void protocol_text(const struct flow_key *key, char *out, size_t room) {
  static const struct {
    uint8_t number;
    const char *name;
  } names[] = {{IPPROTO_UDP, "udp"}, {IPPROTO_TCP, "tcp"}, {IPPROTO_SCTP, "sctp"}};
  if (!is_ip(key)) {
    snprintf(out, room, "ether/%04x", key->ethertype);
    return;
  }
  bool icmp = key->protocol == IPPROTO_ICMP || key->protocol == IPPROTO_ICMPV6;
  if (icmp) {
    snprintf(out, room, key->protocol == IPPROTO_ICMP ? "icmp/%u" : "icmpv6/%u", key->type);
    return;
  }
  snprintf(out, room, "ip/%u", key->protocol);
  for (unsigned index = 0; index < sizeof names / sizeof names[0]; index += 1) {
    if (names[index].number == key->protocol) snprintf(out, room, "%s", names[index].name);
  }
  if (key->type == OTHER_FRAGMENT) strcat(out, "-fragment");
}

void flow_text(const struct flow_key *key, uint32_t number, char out[FLOW_TEXT_MAX]) {
  char vlan[16] = "", protocol[32], hosts[2][INET6_ADDRSTRLEN + 12];
  if (key->vlan != NO_VLAN) snprintf(vlan, sizeof vlan, "vlan/%u ", key->vlan);
  protocol_text(key, protocol, sizeof protocol);
  for (int side = 0; side < 2; side += 1) host_text(key, side, hosts[side], sizeof hosts[side]);
  snprintf(out, FLOW_TEXT_MAX, "%s%s %s > %s #%u", vlan, protocol, hosts[0], hosts[1], number);
}
