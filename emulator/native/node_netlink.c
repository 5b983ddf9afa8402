/* Sending rtnetlink messages; see node_work.h. */
#define _GNU_SOURCE
#include "node_work.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's own words on what it refused, where it has some (NLMSGERR_ATTR_MSG). */
static const char *words_of(const char *answer, size_t length) {
  size_t offset = NLMSG_HDRLEN + sizeof(struct nlmsgerr);
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return NULL;
  while (offset + NLA_HDRLEN <= length) {
    const struct nlattr *attribute = (const struct nlattr *)(answer + offset);
    if (attribute->nla_len <= NLA_HDRLEN || offset + attribute->nla_len > length) break;
    const char *text = answer + offset + NLA_HDRLEN;
    if (attribute->nla_type == NLMSGERR_ATTR_MSG && text[attribute->nla_len - NLA_HDRLEN - 1] == '\0') return text;
    offset += NLA_ALIGN(attribute->nla_len);
  }
  return NULL;
}

/* Sends one message and waits for its acknowledgement. */
static int send_one(int netlink, int index, const void *message, size_t length, char *error, size_t error_size) {
  _Alignas(struct nlmsghdr) char answer[8192];
  ssize_t amount = send(netlink, message, length, 0);
  if (amount >= 0) {
    do amount = recv(netlink, answer, sizeof answer, 0);
    while (amount < 0 && errno == EINTR);
  }
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  const char *words = NULL;
  int result = amount < 0 ? -errno : -EPROTO;
  if (amount >= (ssize_t)(NLMSG_HDRLEN + sizeof(struct nlmsgerr)) && header->nlmsg_type == NLMSG_ERROR) {
    result = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
    words = words_of(answer, (size_t)amount);
  }
  if (result == 0) return 0;
  snprintf(error, error_size, "message %d: %s%s%s", index, strerror(-result), words == NULL ? "" : ": ", words == NULL ? "" : words);
  return -1;
}

int node_work_netlink(const char *payload, size_t length, char *error, size_t error_size) {
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) {
    snprintf(error, error_size, "netlink: %s", strerror(errno));
    return -1;
  }
  /* Answers carry words, and not the whole message again. Kernels without either answer with less. */
  int on = 1;
  setsockopt(netlink, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  int result = 0;
  size_t offset = 0;
  for (int index = 0; result == 0 && offset < length; index += 1) {
    struct nlmsghdr header = {0};
    if (length - offset >= sizeof header) memcpy(&header, payload + offset, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - offset) {
      snprintf(error, error_size, "message %d: its length is wrong", index);
      result = -1;
    } else {
      result = send_one(netlink, index, payload + offset, header.nlmsg_len, error, error_size);
      offset += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
  close(netlink);
  return result;
}
