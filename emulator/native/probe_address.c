/* Addresses of both families as text and as socket addresses; a zone (`fe80::1%eth0`) is resolved in the socket's namespace. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

bool place_parse(const char *text, unsigned port, struct place *out) {
  char bare[ADDRESS_TEXT];
  const char *percent = strchr(text, '%');
  size_t length = percent != NULL ? (size_t)(percent - text) : strlen(text);
  memset(out, 0, sizeof *out);
  if (length >= sizeof bare) return false;
  memcpy(bare, text, length);
  bare[length] = '\0';
  if (percent != NULL) {
    if (strlen(percent + 1) == 0 || strlen(percent + 1) >= IFNAMSIZ) return false;
    strcpy(out->zone, percent + 1);
  }
  if (percent == NULL && inet_pton(AF_INET, bare, &out->address.in4.sin_addr) == 1) {
    out->address.in4.sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, bare, &out->address.in6.sin6_addr) == 1) {
    out->address.in6.sin6_family = AF_INET6;
  } else {
    return false;
  }
  address_set_port(&out->address, port);
  return true;
}

/* Returns 0 or an errno. */
int place_resolve(struct place *place, int fd) {
  if (place->zone[0] == '\0') return 0;
  struct ifreq request = {0};
  memcpy(request.ifr_name, place->zone, IFNAMSIZ);
  if (ioctl(fd, SIOCGIFINDEX, &request) != 0) return errno;
  place->address.in6.sin6_scope_id = (uint32_t)request.ifr_ifindex;
  return 0;
}

int address_family(const union address *address) {
  return address->any.sa_family;
}

socklen_t address_length(const union address *address) {
  return address->any.sa_family == AF_INET ? sizeof address->in4 : sizeof address->in6;
}

unsigned address_port(const union address *address) {
  return ntohs(address->any.sa_family == AF_INET ? address->in4.sin_port : address->in6.sin6_port);
}

void address_set_port(union address *address, unsigned port) {
  if (address->any.sa_family == AF_INET) address->in4.sin_port = htons((uint16_t)port);
  else address->in6.sin6_port = htons((uint16_t)port);
}

void address_text(const union address *address, char out[ADDRESS_TEXT]) {
  const void *value = address->any.sa_family == AF_INET ? (const void *)&address->in4.sin_addr : (const void *)&address->in6.sin6_addr;
  if (inet_ntop(address->any.sa_family, value, out, ADDRESS_TEXT) == NULL) strcpy(out, "-");
}

int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value);
}
