/*
 * An end of a link: an interface of this namespace, read through a ring that the kernel fills (packet(7), TPACKET_V2: one frame is told
 * at once, where TPACKET_V3 waits for a block) and written to past its queueing discipline.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VLAN_BYTES = 4, RESERVE = 16, FRAMES_MIN = 64, FRAMES_MAX = 4096, BLOCK_MIN = 1 << 16, SEND_BUFFER = 1 << 22 };
#define RINGS_BYTES ((size_t)64 << 20) /* of all ports together */

static int set(int socket, int option, int value) { return setsockopt(socket, SOL_PACKET, option, &value, sizeof value); }

static int interface_number(const struct wire_port *port, int socket, unsigned long what) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, port->name);
  if (ioctl(socket, what, &request) < 0) return -1;
  return what == SIOCGIFINDEX ? request.ifr_ifindex : request.ifr_mtu;
}

/* Slots of a power of two that hold the longest frame, and as many as the share of this port allows. */
static int open_ring(struct wire_port *port, int socket, int mtu) {
  unsigned frame_size = 1024, longest = TPACKET2_HDRLEN + RESERVE + ETH_HLEN + 2 * VLAN_BYTES + (unsigned)mtu;
  while (frame_size < longest) frame_size *= 2;
  size_t share = RINGS_BYTES / (2 * (size_t)wire_link_count) / frame_size;
  unsigned count = share < FRAMES_MIN ? FRAMES_MIN : share > FRAMES_MAX ? FRAMES_MAX : (unsigned)share;
  unsigned block = frame_size > BLOCK_MIN ? frame_size : BLOCK_MIN, in_block = block / frame_size;
  count -= count % in_block;
  if (count == 0) count = in_block;
  struct tpacket_req request = {.tp_block_size = block, .tp_block_nr = count / in_block, .tp_frame_size = frame_size, .tp_frame_nr = count};
  if (setsockopt(socket, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) return -1;
  port->ring_size = (size_t)count * frame_size;
  port->ring = mmap(NULL, port->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0);
  if (port->ring == MAP_FAILED) return -1;
  port->frame_size = frame_size;
  port->frame_count = count;
  port->next = 0;
  return 0;
}

static int set_up_socket(struct wire_port *port, int socket, int index) {
  int mtu = interface_number(port, socket, SIOCGIFMTU), size = SEND_BUFFER;
  struct packet_mreq all = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
  if (mtu < 0 || set(socket, PACKET_VERSION, TPACKET_V2) < 0 || set(socket, PACKET_RESERVE, RESERVE) < 0) return -1;
  if (set(socket, PACKET_IGNORE_OUTGOING, 1) < 0 || set(socket, PACKET_QDISC_BYPASS, 1) < 0 || open_ring(port, socket, mtu) < 0) return -1;
  if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0) setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (bind(socket, (struct sockaddr *)&address, sizeof address) < 0) return -1;
  return setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
}

static void port_close(struct wire_port *port) {
  if (port->ring != NULL && port->ring != MAP_FAILED) munmap(port->ring, port->ring_size);
  if (port->socket >= 0) close(port->socket);
  port->ring = NULL;
  port->socket = -1;
  port->index = 0;
}

static void port_open(struct wire_port *port, int index) {
  port->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  port->index = index;
  if (port->socket < 0 || set_up_socket(port, port->socket, index) < 0) port_close(port);
}

struct change {
  struct wire_port *port;
  int index; /* of the interface now; below 1: there is none */
  pthread_t thread;
  bool aside;
};

static void *make_change(void *data) {
  struct change *change = data;
  if (change->port->socket >= 0) port_close(change->port);
  if (change->index > 0) port_open(change->port, change->index);
  return NULL;
}

/* Making a ring and closing a socket each wait some 16 ms for all processors (synchronize_net): many at once wait for the same. */
static void make_changes(struct change *changes, int count, int poll_set) {
  for (int index = 0; index < count; index += 1) {
    changes[index].aside = pthread_create(&changes[index].thread, NULL, make_change, &changes[index]) == 0;
    if (!changes[index].aside) make_change(&changes[index]);
  }
  for (int index = 0; index < count; index += 1) {
    struct wire_port *port = changes[index].port;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = port};
    if (changes[index].aside) pthread_join(changes[index].thread, NULL);
    if (port->socket >= 0 && epoll_ctl(poll_set, EPOLL_CTL_ADD, port->socket, &event) < 0) port_close(port);
  }
}

void wire_ports_follow(int poll_set) {
  enum { AT_ONCE = 128 };
  struct change changes[AT_ONCE];
  int count = 0, any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  for (int position = 0; position < 2 * wire_link_count; position += 1) {
    struct wire_port *port = &wire_links[position / 2].ports[position % 2];
    int index = interface_number(port, any, SIOCGIFINDEX);
    if (port->socket >= 0 ? port->index != index : index > 0) changes[count++] = (struct change){.port = port, .index = index};
    if (count < AT_ONCE) continue;
    make_changes(changes, count, poll_set);
    count = 0;
  }
  make_changes(changes, count, poll_set);
  close(any);
}

/* A tag that the kernel took out of the frame is put back: there is room before it. */
static uint8_t *restore_tag(const struct tpacket2_hdr *header, uint8_t *frame) {
  uint16_t type = header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->tp_vlan_tpid : ETH_P_8021Q, tag = header->tp_vlan_tci;
  memmove(frame - VLAN_BYTES, frame, 2 * ETH_ALEN);
  frame += 2 * ETH_ALEN - VLAN_BYTES;
  const uint8_t bytes[VLAN_BYTES] = {(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(tag >> 8), (uint8_t)tag};
  memcpy(frame, bytes, sizeof bytes);
  return frame - 2 * ETH_ALEN;
}

uint8_t *wire_port_take(struct wire_port *port, unsigned ahead, size_t *length) {
  uint8_t *slot = port->ring + (size_t)((port->next + ahead) % port->frame_count) * port->frame_size;
  struct tpacket2_hdr *header = (struct tpacket2_hdr *)slot;
  if ((__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) return NULL;
  uint8_t *frame = slot + header->tp_mac;
  *length = header->tp_snaplen == header->tp_len ? header->tp_len : 0;
  if (*length < 2 * ETH_ALEN || (header->tp_status & TP_STATUS_VLAN_VALID) == 0) return frame;
  *length += VLAN_BYTES;
  return restore_tag(header, frame);
}

void wire_port_release(struct wire_port *port, unsigned count) {
  for (unsigned index = 0; index < count; index += 1) {
    struct tpacket2_hdr *header = (struct tpacket2_hdr *)(port->ring + (size_t)port->next * port->frame_size);
    __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    port->next = (port->next + 1) % port->frame_count;
  }
}

int wire_port_set_up(const struct wire_port *port, bool up) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, port->name);
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = ioctl(any, SIOCGIFFLAGS, &request);
  request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  if (result == 0) result = ioctl(any, SIOCSIFFLAGS, &request);
  int reason = errno;
  close(any);
  errno = reason;
  return result;
}

void wire_port_count_drops(struct wire_port *port) {
  struct tpacket_stats statistics = {0};
  socklen_t size = sizeof statistics;
  if (port->socket < 0 || getsockopt(port->socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0) return;
  port->link->directions[port->end].counters.ring_full += statistics.tp_drops;
}

void wire_port_clear_error(const struct wire_port *port) {
  int error;
  socklen_t size = sizeof error;
  getsockopt(port->socket, SOL_SOCKET, SO_ERROR, &error, &size);
}
