/* Writes pcapng blocks (draft-ietf-opsawg-pcapng) to stdout. Options are those that Wireshark shows. */
#define _GNU_SOURCE
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
  SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6,
  LINK_ETHERNET = 1, LINK_RAW_IP = 101,
  OPTION_END = 0, OPTION_COMMENT = 1,
  SECTION_APPLICATION = 4,
  INTERFACE_NAME = 2, INTERFACE_DESCRIPTION = 3, INTERFACE_MAC = 6, INTERFACE_RESOLUTION = 9,
  PACKET_FLAGS = 2,
  STATISTICS_START = 2, STATISTICS_END = 3, STATISTICS_RECEIVED = 4, STATISTICS_DROPPED = 5, STATISTICS_DELIVERED = 8,
  TAG_SIZE = 4, ETHERNET_ADDRESSES = 12,
};

enum { OUTPUT_SIZE = 1 << 18, BLOCK_MAX = CAPTURE_SNAP_MAX + TAG_SIZE + 4096 };
static uint8_t output[OUTPUT_SIZE + BLOCK_MAX];
static size_t used, block;
static bool failed;

bool pcapng_flush(void) {
  for (size_t written = 0; written < used && !failed;) {
    ssize_t amount = write(STDOUT_FILENO, output + written, used - written);
    if (amount < 0 && errno == EINTR) continue;
    if (amount <= 0) failed = true;
    else written += (size_t)amount;
  }
  used = 0;
  return !failed;
}

static void put(const void *data, size_t length) {
  memcpy(output + used, data, length);
  used += length;
}

static void put16(uint16_t number) { put(&number, sizeof number); }
static void put32(uint32_t number) { put(&number, sizeof number); }

static void pad(void) {
  while ((used - block) % 4 != 0) output[used++] = 0;
}

static void block_begin(uint32_t type) {
  if (used > OUTPUT_SIZE) pcapng_flush();
  block = used;
  put32(type);
  put32(0);
}

static void block_end(void) {
  pad();
  uint32_t length = (uint32_t)(used - block) + 4;
  memcpy(output + block + 4, &length, sizeof length);
  put32(length);
}

static void option(uint16_t code, const void *data, size_t length) {
  put16(code);
  put16((uint16_t)length);
  put(data, length);
  pad();
}

static void text_option(uint16_t code, const char *text) {
  if (text[0] != '\0') option(code, text, strlen(text));
}

/* Times are two halves, the higher first, in either byte order. */
static void put_time(int64_t time_ns) {
  put32((uint32_t)((uint64_t)time_ns >> 32));
  put32((uint32_t)time_ns);
}

static void time_option(uint16_t code, int64_t time_ns) {
  put16(code);
  put16(8);
  put_time(time_ns);
}

static int link_type(unsigned hardware) {
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK: return LINK_ETHERNET;
    case ARPHRD_NONE:
    case ARPHRD_RAWIP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT: return LINK_RAW_IP;
    default: return -1;
  }
}

bool pcapng_knows(unsigned hardware) { return link_type(hardware) >= 0; }

void pcapng_section(void) {
  block_begin(SECTION);
  put32(0x1a2b3c4d);
  put16(1);
  put16(0);
  put32(UINT32_MAX); /* of a length that is not known */
  put32(UINT32_MAX);
  text_option(SECTION_APPLICATION, "farmlab");
  put32(OPTION_END);
  block_end();
}

void pcapng_interface(const struct pcapng_interface *interface) {
  char comment[128];
  block_begin(INTERFACE);
  put16((uint16_t)link_type(interface->link.hardware));
  put16(0);
  put32(interface->link.snap);
  text_option(INTERFACE_NAME, interface->name);
  text_option(INTERFACE_DESCRIPTION, interface->description);
  if (interface->link.hardware == ARPHRD_ETHER) option(INTERFACE_MAC, interface->link.address, sizeof interface->link.address);
  option(INTERFACE_RESOLUTION, (const uint8_t[]){9}, 1);
  snprintf(comment, sizeof comment, "namespace %ju, index %u, MTU %u", (uintmax_t)interface->namespace, interface->link.index,
           interface->link.mtu);
  text_option(OPTION_COMMENT, comment);
  put32(OPTION_END);
  block_end();
}

/* Bits 0-1: the direction; bits 2-4: to whom. */
static uint32_t packet_flags(unsigned char type) {
  enum { INBOUND = 1, OUTBOUND = 2, UNICAST = 1 << 2, MULTICAST = 2 << 2, BROADCAST = 3 << 2, PROMISCUOUS = 4 << 2 };
  switch (type) {
    case PACKET_HOST: return INBOUND | UNICAST;
    case PACKET_MULTICAST: return INBOUND | MULTICAST;
    case PACKET_BROADCAST: return INBOUND | BROADCAST;
    case PACKET_OTHERHOST: return INBOUND | PROMISCUOUS;
    case PACKET_OUTGOING: return OUTBOUND;
    default: return 0;
  }
}

/* With the tag back where it was on the wire. */
void pcapng_packet(uint32_t interface, const struct ring_packet *packet) {
  bool tagged = packet->has_tag && packet->kept >= ETHERNET_ADDRESSES;
  size_t before = tagged ? ETHERNET_ADDRESSES : packet->kept;
  block_begin(PACKET);
  put32(interface);
  put_time(packet->time_ns);
  put32((uint32_t)(packet->kept + (tagged ? TAG_SIZE : 0)));
  put32((uint32_t)(packet->length + (tagged ? TAG_SIZE : 0)));
  put(packet->data, before);
  if (tagged) {
    put16(htons(packet->tag_protocol));
    put16(htons(packet->tag));
  }
  put(packet->data + before, packet->kept - before);
  pad();
  uint32_t flags = packet_flags(packet->type);
  option(PACKET_FLAGS, &flags, sizeof flags);
  put32(OPTION_END);
  block_end();
}

void pcapng_statistics(uint32_t interface, int64_t from_ns, int64_t until_ns, uint64_t received, uint64_t dropped) {
  uint64_t delivered = received - dropped;
  block_begin(STATISTICS);
  put32(interface);
  put_time(until_ns);
  time_option(STATISTICS_START, from_ns);
  time_option(STATISTICS_END, until_ns);
  option(STATISTICS_RECEIVED, &received, sizeof received);
  option(STATISTICS_DROPPED, &dropped, sizeof dropped);
  option(STATISTICS_DELIVERED, &delivered, sizeof delivered);
  put32(OPTION_END);
  block_end();
}
