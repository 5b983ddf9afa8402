/*
 * Sockets that carry icmp and udp probes. Neither is connected: an answer from another address than the one asked is something to
 * report, not to lose. A namespace has one ICMP socket per family for all probes under way, because each raw socket receives a
 * copy of every ICMP packet. It is closed with the last probe, so that it never keeps a namespace alive.
 */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

static struct carrier *icmp_carriers;

/* Never fragments and never trusts a learnt path MTU: each probe sees the path as it is now. */
static void set_common_options(int fd, int family) {
  if (family == AF_INET) {
    set_option(fd, SOL_IP, IP_RECVERR, 1);
    set_option(fd, SOL_IP, IP_RECVTTL, 1);
    set_option(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  } else {
    set_option(fd, SOL_IPV6, IPV6_RECVERR, 1);
    set_option(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
    set_option(fd, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    set_option(fd, SOL_IPV6, IPV6_DONTFRAG, 1);
  }
}

static void set_icmp_filter(int fd, int family) {
  if (family == AF_INET) {
    struct icmp_filter filter = {.data = ~(1U << ICMP_ECHOREPLY)};
    setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
  } else {
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    setsockopt(fd, SOL_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  }
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 1 << 20);
}

static int bind_udp(int fd, const struct probe_request *request) {
  if (!request->has_source && request->source_port == 0) return 0;
  struct place source = request->source;
  if (!request->has_source) {
    memset(&source, 0, sizeof source);
    source.address.any.sa_family = (sa_family_t)address_family(&request->destination.address);
  }
  int error = place_resolve(&source, fd);
  if (error != 0) return error;
  bool four = address_family(&source.address) == AF_INET;
  if (request->foreign == 1) set_option(fd, four ? SOL_IP : SOL_IPV6, four ? IP_TRANSPARENT : IPV6_TRANSPARENT, 1);
  address_set_port(&source.address, (unsigned)request->source_port);
  return bind(fd, &source.address.any, address_length(&source.address)) == 0 ? 0 : errno;
}

static struct carrier *find_icmp(const struct stat *status, int family) {
  for (struct carrier *carrier = icmp_carriers; carrier != NULL; carrier = carrier->next) {
    if (carrier->device == status->st_dev && carrier->inode == status->st_ino && carrier->family == family) return carrier;
  }
  return NULL;
}

/* A socket for the request with one user more, or NULL with errno. */
struct carrier *carrier_take(const struct probe_request *request) {
  int family = address_family(&request->destination.address);
  bool udp = request->protocol == IPPROTO_UDP;
  struct stat status = {0};
  if (fstat(request->namespace, &status) != 0) return NULL;
  struct carrier *carrier = udp ? NULL : find_icmp(&status, family);
  if (carrier != NULL) {
    carrier->users += 1;
    return carrier;
  }
  int fd = namespace_socket(request->namespace, family, udp ? SOCK_DGRAM : SOCK_RAW, request->protocol);
  if (fd < 0) return NULL;
  set_common_options(fd, family);
  int error = udp ? bind_udp(fd, request) : 0;
  if (error != 0) {
    close(fd);
    errno = error;
    return NULL;
  }
  carrier = allocate(sizeof *carrier);
  *carrier = (struct carrier){.source = {.fd = fd, .ready = carrier_ready}, .family = family, .protocol = request->protocol, .users = 1};
  if (!udp) {
    set_icmp_filter(fd, family);
    carrier->device = status.st_dev;
    carrier->inode = status.st_ino;
    carrier->next = icmp_carriers;
    icmp_carriers = carrier;
  }
  loop_add(&carrier->source, EPOLLIN);
  return carrier;
}

void carrier_drop(struct carrier *carrier) {
  carrier->only = NULL;
  carrier->users -= 1;
  if (carrier->users > 0) return;
  for (struct carrier **link = &icmp_carriers; *link != NULL; link = &(*link)->next) {
    if (*link != carrier) continue;
    *link = carrier->next;
    break;
  }
  loop_bury(&carrier->source);
}

static void add_control(struct msghdr *message, int level, int type, const void *data, size_t length) {
  struct cmsghdr *header = (struct cmsghdr *)((char *)message->msg_control + message->msg_controllen);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(length);
  memcpy(CMSG_DATA(header), data, length);
  message->msg_controllen += CMSG_SPACE(length);
}

/* The TTL of each packet, and the source where the socket is shared and so cannot be bound to it. */
static void set_control(struct msghdr *message, const struct probe *probe) {
  bool four = probe->carrier->family == AF_INET;
  if (probe->ttl > 0) add_control(message, four ? SOL_IP : SOL_IPV6, four ? IP_TTL : IPV6_HOPLIMIT, &probe->ttl, sizeof probe->ttl);
  if (!probe->has_source || probe->protocol == IPPROTO_UDP) return;
  if (four) {
    struct in_pktinfo info = {.ipi_spec_dst = probe->source.address.in4.sin_addr};
    add_control(message, SOL_IP, IP_PKTINFO, &info, sizeof info);
  } else {
    struct in6_pktinfo info = {.ipi6_addr = probe->source.address.in6.sin6_addr};
    add_control(message, SOL_IPV6, IPV6_PKTINFO, &info, sizeof info);
  }
}

static size_t write_packet(char *out, const struct probe *probe) {
  struct mark mark = {.slot = probe->slot, .sequence = probe->sent, .size = probe->answer_size};
  strcpy(mark.token, probe->id);
  if (probe->protocol == IPPROTO_UDP) return request_write(out, probe->size, &mark);
  uint8_t asks = probe->protocol == IPPROTO_ICMP ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  uint8_t answers = probe->protocol == IPPROTO_ICMP ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  struct icmphdr header = {
    .type = probe->unasked ? answers : asks,
    .un.echo = {.id = htons((uint16_t)probe->slot), .sequence = htons((uint16_t)probe->sent)},
  };
  memcpy(out, &header, sizeof header);
  size_t length = sizeof header + request_write(out + sizeof header, probe->size, &mark);
  if (probe->protocol == IPPROTO_ICMP) { /* the kernel fills in ICMPv6's, which covers the addresses */
    header.checksum = internet_checksum(out, length);
    memcpy(out, &header, sizeof header);
  }
  return length;
}

/*
 * Sends the probe's next packet; 0 or an errno. A send also fails with the error that an earlier packet of the same socket met,
 * so it is tried again as long as there were such errors to read. Reading them may end the probe.
 */
int carrier_send(struct probe *probe) {
  static char packet[SIZE_LIMIT + 512];
  _Alignas(struct cmsghdr) char control[128] = {0};
  struct carrier *carrier = probe->carrier;
  int error = place_resolve(&probe->destination, carrier->source.fd);
  if (error != 0) return error;
  union address to = probe->destination.address;
  if (carrier->protocol == IPPROTO_ICMPV6) address_set_port(&to, 0); /* a raw socket takes it as the protocol */
  struct iovec part = {.iov_base = packet, .iov_len = write_packet(packet, probe)};
  struct msghdr message = {.msg_name = &to, .msg_namelen = address_length(&to), .msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
  set_control(&message, probe);
  if (message.msg_controllen == 0) message.msg_control = NULL;
  probe->sent_at[probe->sent++] = now_us();
  unsigned slot = probe->slot;
  for (int tries = 0; tries < 8; tries += 1) {
    if (sendmsg(carrier->source.fd, &message, 0) >= 0) return 0;
    error = errno;
    if (carrier_drain_errors(carrier) == 0 || probe_in_slot(slot) != probe) return error;
  }
  return error;
}
