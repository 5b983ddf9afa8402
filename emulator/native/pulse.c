/*
 * `native pulse FILE`: sends a datagram every two seconds to each address in FILE, whose lines are network namespace, interface, IPv4 address,
 * separated by tabs, and which is read each time. It waits for no answer: the tunnel that the interface is does.
 */
#define _GNU_SOURCE
#include "inner_namespace.h"
#include "line.h"
#include "native.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_SECONDS = 2, DISCARD_PORT = 9, LINE_BYTES_MAX = 256 };

static void send_one(const char *interface, const char *address) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DISCARD_PORT)};
  int out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (out < 0) return;
  if (inet_pton(AF_INET, address, &to.sin_addr) == 1 && setsockopt(out, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0)
    sendto(out, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to);
  close(out);
}

static void send_all(const char *path) {
  FILE *file = fopen(path, "re");
  char line[LINE_BYTES_MAX];
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    char *fields[3];
    line[strcspn(line, "\n")] = '\0';
    if (line_split(line, fields, 3) == 3 && inner_namespace_join(fields[0]) == 0) send_one(fields[1], fields[2]);
  }
  fclose(file);
}

int pulse_main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: native pulse FILE\n"), 2;
  for (;;) {
    send_all(argv[1]);
    struct timespec wait = {.tv_sec = EVERY_SECONDS};
    nanosleep(&wait, NULL);
  }
}
