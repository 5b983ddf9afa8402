/* See conntrack.h. The messages are those of linux/netfilter/nfnetlink_conntrack.h. */
#define _GNU_SOURCE
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_BYTES_MAX = 1 << 10, ANSWER_BYTES_MAX = 1 << 16 };

struct message {
  struct nlmsghdr header;
  struct nfgenmsg family;
  char attributes[MESSAGE_BYTES_MAX];
};

static void message_start(struct message *message, int type, int flags, int family) {
  memset(&message->header, 0, sizeof message->header + sizeof message->family);
  message->header.nlmsg_type = (unsigned short)((NFNL_SUBSYS_CTNETLINK << 8) | type);
  message->header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
  message->header.nlmsg_len = NLMSG_LENGTH(sizeof message->family);
  message->family.nfgen_family = (unsigned char)family;
  message->family.version = NFNETLINK_V0;
}

/* The attribute of a type among those of `length` bytes; NULL where there is none. */
static const struct nlattr *find(const void *attributes, size_t length, int type) {
  for (size_t offset = 0; offset + NLA_HDRLEN <= length;) {
    const struct nlattr *attribute = (const struct nlattr *)((const char *)attributes + offset);
    if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > length - offset) return NULL;
    if ((attribute->nla_type & NLA_TYPE_MASK) == type) return attribute;
    offset += NLA_ALIGN(attribute->nla_len);
  }
  return NULL;
}

static const struct nlattr *inside(const struct nlattr *outer, int type) {
  return outer == NULL ? NULL : find((const char *)outer + NLA_HDRLEN, outer->nla_len - NLA_HDRLEN, type);
}

static int holds(const struct conntrack_prefix *prefix, const struct nlattr *address) {
  size_t size = prefix->family == AF_INET ? 4 : 16;
  if (address == NULL || address->nla_len != NLA_HDRLEN + size) return 0;
  const unsigned char *bytes = (const unsigned char *)address + NLA_HDRLEN;
  unsigned whole = prefix->length / 8, rest = prefix->length % 8;
  if (memcmp(bytes, prefix->address, whole) != 0) return 0;
  return rest == 0 || ((bytes[whole] ^ prefix->address[whole]) >> (8 - rest)) == 0;
}

/* Whether another destination than the one it is sent to was put in its place. */
static bool is_translated(const void *attributes, size_t length) {
  const struct nlattr *status = find(attributes, length, CTA_STATUS);
  uint32_t bits;
  if (status == NULL || status->nla_len != NLA_HDRLEN + sizeof bits) return false;
  memcpy(&bits, (const char *)status + NLA_HDRLEN, sizeof bits);
  return (ntohl(bits) & IPS_DST_NAT) != 0;
}

/* Whether either end of either direction is of the prefix; of one that wants the untranslated alone, the first destination of such. */
static int concerns(const struct conntrack_prefix *prefix, const void *attributes, size_t length) {
  int source = prefix->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;
  int destination = prefix->family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST;
  if (prefix->untranslated) {
    const struct nlattr *addresses = inside(find(attributes, length, CTA_TUPLE_ORIG), CTA_TUPLE_IP);
    return holds(prefix, inside(addresses, destination)) && !is_translated(attributes, length);
  }
  static const int directions[] = {CTA_TUPLE_ORIG, CTA_TUPLE_REPLY};
  for (unsigned index = 0; index < 2; index += 1) {
    const struct nlattr *addresses = inside(find(attributes, length, directions[index]), CTA_TUPLE_IP);
    if (holds(prefix, inside(addresses, source)) || holds(prefix, inside(addresses, destination))) return 1;
  }
  return 0;
}

static int copy(struct message *message, const struct nlattr *attribute) {
  if (attribute == NULL) return 0;
  size_t used = message->header.nlmsg_len, size = NLA_ALIGN(attribute->nla_len);
  if (used + size > sizeof *message) return -1;
  memcpy((char *)message + used, attribute, attribute->nla_len);
  message->header.nlmsg_len = (unsigned)(used + size);
  return 0;
}

static int concern(const struct conntrack_prefix *prefixes, size_t count, int family, const void *attributes, size_t length) {
  for (size_t index = 0; index < count; index += 1)
    if (prefixes[index].family == family && concerns(&prefixes[index], attributes, length)) return 1;
  return 0;
}

/* Ends one entry, known by its first direction, its zone and its id, so that a successor of the same addresses is spared. */
static int end(int netlink, int family, const void *attributes, size_t length) {
  static const int named[] = {CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID};
  struct message message;
  message_start(&message, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, family);
  for (unsigned index = 0; index < 3; index += 1)
    if (copy(&message, find(attributes, length, named[index])) < 0) return errno = EMSGSIZE, -1;
  _Alignas(struct nlmsghdr) char answer[4096];
  if (send(netlink, &message, message.header.nlmsg_len, 0) < 0) return -1;
  ssize_t amount;
  do amount = recv(netlink, answer, sizeof answer, 0);
  while (amount < 0 && errno == EINTR);
  if (amount < 0) return -1;
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  if (amount < (ssize_t)(NLMSG_HDRLEN + sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR) return errno = EPROTO, -1;
  int result = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
  /* It may have ended by itself meanwhile. */
  return result == 0 || result == -ENOENT ? 0 : (errno = -result, -1);
}

/* 1 when the list goes on, 0 at its end, -1 with errno. */
static int take(const struct conntrack_prefix *prefixes, size_t count, int ending, const char *answer, size_t amount) {
  for (const struct nlmsghdr *header = (const struct nlmsghdr *)answer; NLMSG_OK(header, amount); header = NLMSG_NEXT(header, amount)) {
    if (header->nlmsg_type == NLMSG_DONE) return 0;
    if (header->nlmsg_type == NLMSG_ERROR) return errno = -((const struct nlmsgerr *)NLMSG_DATA(header))->error, -1;
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg))) continue;
    const struct nfgenmsg *entry = NLMSG_DATA(header);
    const char *attributes = (const char *)entry + NLMSG_ALIGN(sizeof *entry);
    size_t length = header->nlmsg_len - NLMSG_SPACE(sizeof *entry);
    int family = entry->nfgen_family;
    if (concern(prefixes, count, family, attributes, length) && end(ending, family, attributes, length) < 0) return -1;
  }
  return 1;
}

/* How many entries there are; -1 with errno. */
static long remembered(int netlink) {
  struct message question;
  message_start(&question, IPCTNL_MSG_CT_GET_STATS, 0, AF_UNSPEC);
  _Alignas(struct nlmsghdr) char answer[4096];
  if (send(netlink, &question, question.header.nlmsg_len, 0) < 0) return -1;
  ssize_t amount;
  do amount = recv(netlink, answer, sizeof answer, 0);
  while (amount < 0 && errno == EINTR);
  if (amount < 0) return -1;
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  if (!NLMSG_OK(header, amount)) return errno = EPROTO, -1;
  if (header->nlmsg_type == NLMSG_ERROR) return errno = -((const struct nlmsgerr *)NLMSG_DATA(header))->error, -1;
  size_t before = NLMSG_SPACE(sizeof(struct nfgenmsg));
  if (header->nlmsg_len < before) return errno = EPROTO, -1;
  const struct nlattr *entries = find(answer + before, header->nlmsg_len - before, CTA_STATS_GLOBAL_ENTRIES);
  if (entries == NULL || entries->nla_len != NLA_HDRLEN + sizeof(uint32_t)) return errno = EPROTO, -1;
  return ntohl(*(const uint32_t *)((const char *)entries + NLA_HDRLEN));
}

/* -1 with errno. */
static int end_all(const struct conntrack_prefix *prefixes, size_t count, int listing, int ending) {
  /* A list walks through the buckets of all namespaces of the machine, which takes milliseconds even where this one has no entry. */
  long entries = remembered(ending);
  if (entries <= 0) return (int)entries;
  struct message question;
  message_start(&question, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
  int result = send(listing, &question, question.header.nlmsg_len, 0) < 0 ? -1 : 1;
  _Alignas(struct nlmsghdr) static char answer[ANSWER_BYTES_MAX];
  while (result > 0) {
    ssize_t amount = recv(listing, answer, sizeof answer, 0);
    if (amount < 0 && errno == EINTR) continue;
    result = amount < 0 ? -1 : take(prefixes, count, ending, answer, (size_t)amount);
  }
  return result;
}

int conntrack_forget(const struct conntrack_prefix *prefixes, size_t count) {
  int listing = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  int ending = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  int result = listing < 0 || ending < 0 ? -1 : end_all(prefixes, count, listing, ending);
  int reason = errno;
  if (listing >= 0) close(listing);
  if (ending >= 0) close(ending);
  /* A kernel without connection tracking, or in which nothing of this namespace has asked for it. */
  if (result < 0 && (reason == EPROTONOSUPPORT || reason == EINVAL || reason == EOPNOTSUPP)) return 0;
  errno = reason;
  return result;
}
