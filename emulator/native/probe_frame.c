/* Reading captured packets for `watch`, and `raw`: sending a frame as given, for sources that no socket would let pass. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FRAME_LIMIT = 9216, EXTENSIONS = 4 };

/* The transport protocol and where it starts; false when the packet is no IP packet. */
static bool read_ip(const uint8_t *data, size_t length, struct packet *out, int *protocol, size_t *offset) {
  if (length >= sizeof(struct iphdr) && data[0] >> 4 == 4) {
    inet_ntop(AF_INET, data + 12, out->source, ADDRESS_TEXT);
    inet_ntop(AF_INET, data + 16, out->destination, ADDRESS_TEXT);
    out->ttl = data[8];
    *protocol = data[9];
    *offset = (size_t)(data[0] & 15) * 4;
    return true;
  }
  if (length < sizeof(struct ip6_hdr) || data[0] >> 4 != 6) return false;
  inet_ntop(AF_INET6, data + 8, out->source, ADDRESS_TEXT);
  inet_ntop(AF_INET6, data + 24, out->destination, ADDRESS_TEXT);
  out->ttl = data[7];
  *protocol = data[6];
  *offset = sizeof(struct ip6_hdr);
  for (int turn = 0; turn < EXTENSIONS && *offset + 8 <= length; turn += 1) {
    bool sized = *protocol == IPPROTO_HOPOPTS || *protocol == IPPROTO_DSTOPTS || *protocol == IPPROTO_ROUTING;
    if (!sized && *protocol != IPPROTO_FRAGMENT) break;
    *protocol = data[*offset];
    *offset += sized ? ((size_t)data[*offset + 1] + 1) * 8 : 8;
  }
  return true;
}

/* ARP for IPv4 on Ethernet (RFC 826): who says it to whom; other layouts are no packet that anybody here sends. */
static bool read_arp(const uint8_t *data, size_t length, struct packet *out) {
  static const uint8_t layout[] = {0, 1, 8, 0, 6, 4};
  if (length < 28 || memcmp(data, layout, sizeof layout) != 0) return false;
  inet_ntop(AF_INET, data + 14, out->source, ADDRESS_TEXT);
  inet_ntop(AF_INET, data + 24, out->destination, ADDRESS_TEXT);
  strcpy(out->protocol, "arp");
  return true;
}

static enum packet_kind icmp_kind(int protocol, uint8_t type) {
  if (protocol == IPPROTO_ICMP) return type == ICMP_ECHO ? PACKET_REQUEST : type == ICMP_ECHOREPLY ? PACKET_ANSWER : PACKET_ERROR;
  return type == ICMP6_ECHO_REQUEST ? PACKET_REQUEST : type == ICMP6_ECHO_REPLY ? PACKET_ANSWER : PACKET_ERROR;
}

/* Which probe's packet it is, by the words before and the numbers after the token. */
static void read_token(const char *data, size_t length, const char *token, struct packet *out) {
  static const size_t request = sizeof REQUEST_WORD, answer = sizeof ANSWER_WORD; /* with the space after the word */
  const char *found = memmem(data, length, token, strlen(token));
  if (found == NULL) return;
  size_t before = (size_t)(found - data);
  if (before >= answer && memcmp(found - answer, ANSWER_WORD " ", answer) == 0) out->kind = PACKET_ANSWER;
  else if (before >= request && memcmp(found - request, REQUEST_WORD " ", request) == 0) out->kind = PACKET_REQUEST;
  char numbers[32];
  size_t rest = length - before, word = 0;
  while (word < rest && word < TOKEN_LIMIT && found[word] > ' ') word += 1;
  snprintf(out->token, sizeof out->token, "%.*s", (int)word, found);
  const char *after = found + word;
  rest -= word;
  snprintf(numbers, sizeof numbers, "%.*s", (int)(rest < sizeof numbers ? rest : sizeof numbers - 1), after);
  if (sscanf(numbers, " %*u %u", &out->sequence) != 1) out->sequence = 0;
}

bool packet_read(const char *data, size_t length, const char *token, struct packet *out) {
  int protocol = 0;
  size_t offset = 0;
  memset(out, 0, sizeof *out);
  if (read_arp((const uint8_t *)data, length, out)) {
    read_token(data, length, token, out);
    return true;
  }
  if (!read_ip((const uint8_t *)data, length, out, &protocol, &offset)) return false;
  read_token(data, length, token, out);
  snprintf(out->protocol, sizeof out->protocol, "%d", protocol);
  if (offset + 4 > length) return true;
  if (protocol == IPPROTO_UDP || protocol == IPPROTO_TCP) {
    strcpy(out->protocol, protocol == IPPROTO_UDP ? "udp" : "tcp");
    out->source_port = (unsigned)((uint8_t)data[offset] << 8 | (uint8_t)data[offset + 1]);
    out->destination_port = (unsigned)((uint8_t)data[offset + 2] << 8 | (uint8_t)data[offset + 3]);
  } else if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
    strcpy(out->protocol, protocol == IPPROTO_ICMP ? "icmp" : "icmpv6");
    out->kind = icmp_kind(protocol, (uint8_t)data[offset]);
  }
  return true;
}

/* Returns the number of bytes, 0 when the text is not hexadecimal. */
static size_t read_hex(const char *text, uint8_t *out, size_t room) {
  size_t length = strlen(text);
  if (length % 2 != 0 || length / 2 > room || strspn(text, "0123456789abcdefABCDEF") != length) return 0;
  for (size_t index = 0; index < length / 2; index += 1) {
    char pair[3] = {text[2 * index], text[2 * index + 1], '\0'};
    out[index] = (uint8_t)strtoul(pair, NULL, 16);
  }
  return length / 2;
}

/* raw ID NAMESPACE INTERFACE HEX: a whole frame, with its link header where the link has one. */
void raw_request(char *fields[], size_t count) {
  uint8_t frame[FRAME_LIMIT];
  size_t length = read_hex(fields[4], frame, sizeof frame);
  (void)count;
  if (length == 0 || strlen(fields[3]) >= IFNAMSIZ) {
    say_error(fields[1], "raw takes an interface and a frame of at most 9216 bytes in hexadecimal");
    return;
  }
  int fd = socket_in(fields[2], AF_PACKET, SOCK_RAW, 0);
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", fields[3]);
  bool done = fd >= 0 && ioctl(fd, SIOCGIFINDEX, &request) == 0;
  if (done) {
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_ifindex = request.ifr_ifindex};
    done = sendto(fd, frame, length, 0, (struct sockaddr *)&link, sizeof link) == (ssize_t)length;
  }
  int error = errno;
  if (fd >= 0) close(fd);
  if (done) say_ok(fields[1]);
  else say_errno(fields[1], fields[3], error);
}
