/* See conntrack.h. The messages are those of linux/netfilter/nfnetlink_conntrack.h. */
#define _GNU_SOURCE
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
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

/* Whether either end of either direction is of the prefix. */
static int concerns(const struct conntrack_prefix *prefix, const void *attributes, size_t length) {
  int source = prefix->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;
  int destination = prefix->family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST;
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

/* Ends one entry, known by its first direction, its zone and its id, so that a successor of the same addresses is spared. */
static int end(int netlink, const struct conntrack_prefix *prefix, const void *attributes, size_t length) {
  static const int named[] = {CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID};
  struct message message;
  message_start(&message, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, prefix->family);
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
static int take(const struct conntrack_prefix *prefix, int ending, const char *answer, size_t amount) {
  for (const struct nlmsghdr *header = (const struct nlmsghdr *)answer; NLMSG_OK(header, amount); header = NLMSG_NEXT(header, amount)) {
    if (header->nlmsg_type == NLMSG_DONE) return 0;
    if (header->nlmsg_type == NLMSG_ERROR) return errno = -((const struct nlmsgerr *)NLMSG_DATA(header))->error, -1;
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg))) continue;
    const char *attributes = (const char *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
    size_t length = header->nlmsg_len - NLMSG_SPACE(sizeof(struct nfgenmsg));
    if (concerns(prefix, attributes, length) && end(ending, prefix, attributes, length) < 0) return -1;
  }
  return 1;
}

int conntrack_forget(const struct conntrack_prefix *prefix) {
  int listing = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  int ending = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  struct message question;
  message_start(&question, IPCTNL_MSG_CT_GET, NLM_F_DUMP, prefix->family);
  int result = listing < 0 || ending < 0 || send(listing, &question, question.header.nlmsg_len, 0) < 0 ? -1 : 1;
  _Alignas(struct nlmsghdr) static char answer[ANSWER_BYTES_MAX];
  while (result > 0) {
    ssize_t amount = recv(listing, answer, sizeof answer, 0);
    if (amount < 0 && errno == EINTR) continue;
    result = amount < 0 ? -1 : take(prefix, ending, answer, (size_t)amount);
  }
  int reason = errno;
  if (listing >= 0) close(listing);
  if (ending >= 0) close(ending);
  /* A kernel without connection tracking, or in which nothing of this namespace has asked for it. */
  if (result < 0 && (reason == EPROTONOSUPPORT || reason == EINVAL || reason == EOPNOTSUPP)) return 0;
  errno = reason;
  return result;
}
