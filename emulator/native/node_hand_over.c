/* See node_hand_over.h. */
#define _GNU_SOURCE
#include "node_hand_over.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

/* Records keep their bounds, so that a question is there whole or not at all. */
enum { KIND = SOCK_SEQPACKET | SOCK_CLOEXEC };

/* What is answered for a node that is off; else how many descriptors come. */
enum { OFF = 127 };

static socklen_t control_address(struct sockaddr_un *address) {
  static const char name[] = "farmlab-control";
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path + 1, name, sizeof name - 1);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof name);
}

int node_hand_over_listen(void) {
  struct sockaddr_un address;
  socklen_t length = control_address(&address);
  int control = socket(AF_UNIX, KIND | SOCK_NONBLOCK, 0);
  if (control < 0 || bind(control, (struct sockaddr *)&address, length) < 0 || listen(control, BACKLOG) < 0) return -1;
  return control;
}

static void send_namespaces(int asker, const struct node *node) {
  int descriptors[NODE_NAMESPACES];
  int count = 0;
  int is_off = node != NULL && node->is_off;
  for (int index = 0; node != NULL && !is_off && index < NODE_NAMESPACES; index += 1) {
    if (node->namespaces[index] >= 0) descriptors[count++] = node->namespaces[index];
  }
  char byte = (char)(is_off ? OFF : count);
  _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof descriptors)] = {0};
  struct iovec vector = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = space;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
  }
  (void)sendmsg(asker, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int node_hand_over_serve(int asker, struct node *(*find)(const char *name)) {
  char name[NODE_NAME_MAX + 1], error[256];
  ssize_t amount = recv(asker, name, sizeof name - 1, MSG_DONTWAIT);
  if (amount < 0) return errno != EAGAIN && errno != EINTR;
  if (amount == 0) return 1;
  name[amount] = '\0';
  struct node *node = find(name);
  if (node != NULL && node_settle(node, error, sizeof error) < 0) node = NULL;
  send_namespaces(asker, node);
  return 1;
}

static int receive_namespaces(int control, int descriptors[NODE_NAMESPACES]) {
  char byte = 0;
  _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof(int) * NODE_NAMESPACES)];
  struct iovec vector = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  ssize_t amount;
  do amount = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
  while (amount < 0 && errno == EINTR);
  if (amount == 0) errno = ECONNRESET;
  if (amount == 1 && byte == OFF) errno = EHOSTDOWN;
  if (amount != 1 || byte == OFF) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL) return 0;
  int count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t)count);
  return count;
}

int node_hand_over_ask(const char *name, int descriptors[NODE_NAMESPACES]) {
  struct sockaddr_un address;
  socklen_t length = control_address(&address);
  int control = socket(AF_UNIX, KIND, 0);
  if (control < 0) return -1;
  int count = connect(control, (struct sockaddr *)&address, length) < 0 || send(control, name, strlen(name), MSG_NOSIGNAL) < 0 ? -1 : receive_namespaces(control, descriptors);
  int reason = errno;
  close(control);
  errno = reason;
  return count;
}
