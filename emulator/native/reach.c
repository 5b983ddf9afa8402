/*
 * `native reach [--reflector4 A:P] [--reflector6 [A]:P] [--timeout-ms 300] [--wait-ms 0]`: measures, for each family at once, as
 * what a reflector on the internet sees this host. Seen as another address: `hidden` at once. Seen as itself and knocked at within
 * the timeout: `public`; not knocked at: `hidden`. No way to the reflector, or no answer: `none`, after the longer of both times;
 * without a way and without --wait-ms at once.
 */
#define _GNU_SOURCE
#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FAMILIES = 2, RETRY_US = 20 * 1000 };

union place {
  struct sockaddr any;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
};

struct measurement {
  int family;
  bool wanted, done;
  union place reflector, local;
  int fd; /* bound to `local`, -1 while there is no way to the reflector */
  char nonce[17];
  char seen[INET6_ADDRSTRLEN];
  bool answered; /* seen as its own address, waiting for the knock */
  bool has_way;
  int64_t give_up_at;
  const char *reachability;
};

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static socklen_t length_of(const union place *place) {
  return place->any.sa_family == AF_INET ? sizeof place->in4 : sizeof place->in6;
}

static void text_of(const union place *place, char out[INET6_ADDRSTRLEN]) {
  bool four = place->any.sa_family == AF_INET;
  inet_ntop(place->any.sa_family, four ? (const void *)&place->in4.sin_addr : (const void *)&place->in6.sin6_addr, out, INET6_ADDRSTRLEN);
}

static void set_port(union place *place, unsigned port) {
  if (place->any.sa_family == AF_INET) place->in4.sin_port = htons((uint16_t)port);
  else place->in6.sin6_port = htons((uint16_t)port);
}

/* Which address this host would use towards the reflector now. */
static bool find_local(const struct measurement *measurement, union place *out) {
  socklen_t size = sizeof *out;
  int fd = socket(measurement->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  memset(out, 0, sizeof *out);
  bool found = fd >= 0 && connect(fd, &measurement->reflector.any, length_of(&measurement->reflector)) == 0 &&
               getsockname(fd, &out->any, &size) == 0;
  if (fd >= 0) close(fd);
  set_port(out, 0);
  return found;
}

/* The socket is bound to that address but not connected, since a connected one would not let the knock in. */
static void follow_local(struct measurement *measurement) {
  union place local;
  bool found = find_local(measurement, &local);
  if (measurement->fd >= 0 && found && memcmp(&local, &measurement->local, sizeof local) == 0) return;
  if (measurement->fd >= 0) close(measurement->fd);
  measurement->fd = -1;
  measurement->answered = false;
  if (!found) return;
  int fd = socket(measurement->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, &local.any, length_of(&local)) != 0) {
    if (fd >= 0) close(fd);
    return;
  }
  measurement->fd = fd;
  measurement->local = local;
}

static void ask(struct measurement *measurement) {
  char text[64];
  follow_local(measurement);
  if (measurement->fd < 0) return;
  int length = snprintf(text, sizeof text, "reflect %s", measurement->nonce);
  if (sendto(measurement->fd, text, (size_t)length, 0, &measurement->reflector.any, length_of(&measurement->reflector)) == length) {
    measurement->has_way = true;
  }
}

static void finish(struct measurement *measurement, const char *reachability) {
  measurement->reachability = reachability;
  measurement->done = true;
}

static void read_line(struct measurement *measurement, const char *data, int64_t timeout_us) {
  char nonce[17], seen[INET6_ADDRSTRLEN], local[INET6_ADDRSTRLEN];
  if (sscanf(data, "seen %45[0-9a-f.:] %*u %16[0-9a-f]", seen, nonce) == 2 && strcmp(nonce, measurement->nonce) == 0) {
    text_of(&measurement->local, local);
    if (!measurement->answered) measurement->give_up_at = now_us() + timeout_us;
    strcpy(measurement->seen, seen);
    measurement->answered = true;
    if (strcmp(seen, local) != 0) finish(measurement, "hidden");
  } else if (sscanf(data, "knock %16[0-9a-f]", nonce) == 1 && strcmp(nonce, measurement->nonce) == 0 && measurement->answered) {
    finish(measurement, "public"); /* a knock that overtakes the answer counts with the next try */
  }
}

static void receive(struct measurement *measurement, int64_t timeout_us) {
  char data[512];
  while (!measurement->done) {
    ssize_t length = recv(measurement->fd, data, sizeof data - 1, 0);
    if (length < 0) return;
    data[length] = '\0';
    read_line(measurement, data, timeout_us);
  }
}

/* One round: ask, then read for 20 ms, or shorter where an end is nearer. */
static void round_of(struct measurement measurements[FAMILIES], int64_t timeout_us) {
  struct pollfd polled[FAMILIES];
  int64_t until = now_us() + RETRY_US;
  for (int index = 0; index < FAMILIES; index += 1) {
    if (!measurements[index].done) ask(&measurements[index]);
  }
  for (int64_t now = now_us(); now < until; now = now_us()) {
    bool waiting = false;
    for (int index = 0; index < FAMILIES; index += 1) {
      waiting = waiting || !measurements[index].done;
      polled[index] = (struct pollfd){.fd = measurements[index].done ? -1 : measurements[index].fd, .events = POLLIN};
    }
    if (!waiting || poll(polled, FAMILIES, (int)((until - now + 999) / 1000)) <= 0) return;
    for (int index = 0; index < FAMILIES; index += 1) {
      if (polled[index].fd >= 0 && polled[index].revents != 0) receive(&measurements[index], timeout_us);
    }
  }
}

static void measure(struct measurement measurements[FAMILIES], int64_t timeout_us, int64_t wait_us) {
  int64_t start = now_us();
  for (int index = 0; index < FAMILIES; index += 1) measurements[index].give_up_at = start + (wait_us > timeout_us ? wait_us : timeout_us);
  for (bool waiting = true; waiting;) {
    int64_t before = now_us(); /* what has arrived by the deadline is read before it counts as passed */
    round_of(measurements, timeout_us);
    waiting = false;
    for (int index = 0; index < FAMILIES; index += 1) {
      struct measurement *measurement = &measurements[index];
      bool hopeless = !measurement->has_way && wait_us == 0;
      if (!measurement->done && (before >= measurement->give_up_at || hopeless)) finish(measurement, measurement->answered ? "hidden" : "none");
      waiting = waiting || !measurement->done;
    }
  }
}

/* `address:port`, an IPv6 address in brackets. */
static bool read_reflector(int family, const char *text, union place *out) {
  char address[INET6_ADDRSTRLEN], rest;
  unsigned port;
  const char *form = family == AF_INET ? "%45[0-9.]:%u%c" : "[%45[0-9a-fA-F.:]]:%u%c";
  memset(out, 0, sizeof *out);
  if (sscanf(text, form, address, &port, &rest) != 2 || port == 0 || port > 65535) return false;
  out->any.sa_family = (sa_family_t)family;
  set_port(out, port);
  return inet_pton(family, address, family == AF_INET ? (void *)&out->in4.sin_addr : (void *)&out->in6.sin6_addr) == 1;
}

static bool read_time(const char *text, int64_t *out_us) {
  char *end;
  long value = strtol(text, &end, 10);
  *out_us = (int64_t)value * 1000;
  return *text != '\0' && *end == '\0' && value >= 0 && value <= 600000;
}

static bool read_arguments(int argc, char **argv, struct measurement measurements[FAMILIES], int64_t *timeout_us, int64_t *wait_us) {
  for (int index = 1; index < argc; index += 2) {
    const char *name = argv[index], *value = index + 1 < argc ? argv[index + 1] : "";
    bool good = false;
    if (strcmp(name, "--reflector4") == 0) good = measurements[0].wanted = read_reflector(AF_INET, value, &measurements[0].reflector);
    else if (strcmp(name, "--reflector6") == 0) good = measurements[1].wanted = read_reflector(AF_INET6, value, &measurements[1].reflector);
    else if (strcmp(name, "--timeout-ms") == 0) good = read_time(value, timeout_us);
    else if (strcmp(name, "--wait-ms") == 0) good = read_time(value, wait_us);
    if (!good) return false;
  }
  return measurements[0].wanted || measurements[1].wanted;
}

static void print_one(const char *name, const struct measurement *measurement) {
  char local[INET6_ADDRSTRLEN];
  if (!measurement->answered) {
    printf("\"%s\":{\"reachability\":\"none\",\"seen\":null,\"local\":null}", name);
    return;
  }
  text_of(&measurement->local, local);
  printf("\"%s\":{\"reachability\":\"%s\",\"seen\":\"%s\",\"local\":\"%s\"}", name, measurement->reachability, measurement->seen, local);
}

int reach_main(int argc, char **argv) {
  struct measurement measurements[FAMILIES] = {{.family = AF_INET, .fd = -1}, {.family = AF_INET6, .fd = -1}};
  int64_t timeout_us = 300 * 1000, wait_us = 0;
  if (!read_arguments(argc, argv, measurements, &timeout_us, &wait_us)) {
    fputs("usage: native reach [--reflector4 A:P] [--reflector6 [A]:P] [--timeout-ms 300] [--wait-ms 0]\n", stderr);
    return 2;
  }
  for (int index = 0; index < FAMILIES; index += 1) {
    uint64_t nonce;
    if (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) return 1;
    snprintf(measurements[index].nonce, sizeof measurements[index].nonce, "%016" PRIx64, nonce);
    if (!measurements[index].wanted) finish(&measurements[index], "none");
  }
  measure(measurements, timeout_us, wait_us);
  putchar('{');
  print_one("ipv4", &measurements[0]);
  putchar(',');
  print_one("ipv6", &measurements[1]);
  puts("}");
  return 0;
}
