/*
 * A packet socket with a ring (packet(7), PACKET_RX_RING, version 2). Version 3 packs its blocks tighter, but shows a packet only when a
 * block is full or a timer ends: here each is seen at once, and when a capture ends, everything that has passed is in the ring.
 */
#define _GNU_SOURCE
#include "capture.h"
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK_SIZE = 1 << 18, SLOT_LEAST = 2048, HEADERS = 64 };

/* A slot holds a whole frame of the interface's MTU, with its header, two tags and what the kernel says of it; in powers of two. */
static size_t slot_size(size_t snap) {
  size_t size = SLOT_LEAST;
  while (size < snap + TPACKET2_HDRLEN + HEADERS) size *= 2;
  return size;
}

static bool ask(int fd, unsigned long request, const char *interface, struct ifreq *answer) {
  memset(answer, 0, sizeof *answer);
  strncpy(answer->ifr_name, interface, IFNAMSIZ - 1);
  return ioctl(fd, request, answer) == 0;
}

static bool look_at(int fd, const char *interface, struct ring_link *link) {
  struct ifreq answer;
  if (!ask(fd, SIOCGIFINDEX, interface, &answer)) return false;
  link->index = (unsigned)answer.ifr_ifindex;
  if (!ask(fd, SIOCGIFHWADDR, interface, &answer)) return false;
  link->hardware = answer.ifr_hwaddr.sa_family;
  memcpy(link->address, answer.ifr_hwaddr.sa_data, sizeof link->address);
  if (!ask(fd, SIOCGIFMTU, interface, &answer)) return false;
  link->mtu = (unsigned)answer.ifr_mtu;
  return true;
}

static bool map_ring(struct ring *ring, size_t memory) {
  int version = TPACKET_V2;
  size_t blocks = memory / ring->block_size;
  if (blocks == 0) blocks = 1;
  struct tpacket_req request = {.tp_block_size = (unsigned)ring->block_size, .tp_block_nr = (unsigned)blocks,
                                .tp_frame_size = (unsigned)ring->slot_size};
  ring->slots = blocks * (ring->block_size / ring->slot_size);
  request.tp_frame_nr = (unsigned)ring->slots;
  if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) return false;
  if (setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return false;
  void *shared = mmap(NULL, blocks * ring->block_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
  if (shared == MAP_FAILED) return false;
  ring->memory = shared;
  return true;
}

/* The socket, which gets nothing yet. False with errno; EPROTONOSUPPORT where no reader would know the packets of such a link. */
bool ring_open(struct ring *ring, int namespace, const char *interface, const struct ring_options *options, struct ring_link *link) {
  memset(ring, 0, sizeof *ring);
  /* Of protocol 0 it gets nothing until it is bound to its interface: not a packet of another one. */
  ring->fd = namespace_socket(namespace, AF_PACKET, SOCK_RAW, 0);
  if (ring->fd < 0 || !look_at(ring->fd, interface, link)) return false;
  if (!pcapng_knows(link->hardware)) {
    errno = EPROTONOSUPPORT;
    return false;
  }
  size_t wanted = options->snap > 0 ? options->snap : link->mtu + HEADERS;
  if (wanted > CAPTURE_SNAP_MAX) wanted = CAPTURE_SNAP_MAX;
  ring->index = link->index;
  ring->slot_size = slot_size(wanted);
  ring->block_size = BLOCK_SIZE;
  ring->snap = options->snap > 0 ? wanted : ring->slot_size - TPACKET2_HDRLEN - HEADERS;
  /* The same for all interfaces: libpcap opens no file in which they differ. */
  link->snap = options->snap > 0 ? (unsigned)wanted : CAPTURE_SNAP_MAX;
  const struct sock_fprog *filter = options->filter;
  return filter == NULL || setsockopt(ring->fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof *filter) == 0;
}

/* Packets from now on. The kernel waits some 16 ms for all processors before it gives a ring (synchronize_net): many are started at once. */
bool ring_start(struct ring *ring, size_t memory) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)ring->index};
  return map_ring(ring, memory) && bind(ring->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static struct tpacket2_hdr *slot_of(const struct ring *ring) {
  size_t per_block = ring->block_size / ring->slot_size;
  size_t offset = ring->next / per_block * ring->block_size + ring->next % per_block * ring->slot_size;
  return (struct tpacket2_hdr *)(ring->memory + offset);
}

/* The oldest packet that has not been dropped from the ring; false when there is none. */
bool ring_peek(const struct ring *ring, struct ring_packet *out) {
  struct tpacket2_hdr *header = slot_of(ring);
  uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
  if ((status & TP_STATUS_USER) == 0) return false;
  const struct sockaddr_ll *link = (const struct sockaddr_ll *)((const uint8_t *)header + TPACKET_ALIGN(sizeof *header));
  out->time_ns = (int64_t)header->tp_sec * 1000000000 + header->tp_nsec;
  out->data = (const uint8_t *)header + header->tp_mac;
  out->kept = header->tp_snaplen < ring->snap ? header->tp_snaplen : ring->snap;
  out->length = header->tp_len;
  out->type = link->sll_pkttype;
  out->has_tag = (status & TP_STATUS_VLAN_VALID) != 0;
  out->tag = header->tp_vlan_tci;
  out->tag_protocol = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? header->tp_vlan_tpid : ETH_P_8021Q;
  return true;
}

void ring_drop(struct ring *ring) {
  __atomic_store_n(&slot_of(ring)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  ring->next = (ring->next + 1) % ring->slots;
}

/* An interface that goes down says so once; it may come up again. */
void ring_clear_error(const struct ring *ring) {
  int error;
  socklen_t size = sizeof error;
  getsockopt(ring->fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

/* Since it was opened; to be asked for once, for asking begins the count anew. */
void ring_counts(const struct ring *ring, uint64_t *received, uint64_t *dropped) {
  struct tpacket_stats counts = {0};
  socklen_t size = sizeof counts;
  getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &counts, &size);
  *received = counts.tp_packets;
  *dropped = counts.tp_drops;
}

/* Waits for all processors as well. The mapping holds the socket too. */
void ring_close(struct ring *ring) {
  if (ring->memory != NULL) munmap(ring->memory, ring->slots / (ring->block_size / ring->slot_size) * ring->block_size);
  if (ring->fd >= 0) close(ring->fd);
  ring->fd = -1;
  ring->memory = NULL;
}
