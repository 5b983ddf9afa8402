/*
 * `native drops`: reads network namespaces from stdin, one a line by the inode of its file, and tells of each packet that the kernel
 * throws away in one of them, until stdin ends. On stdout, in lines of tab-separated fields:
 *
 *   ready                                                       after an empty line on stdin: from now on none is missed
 *   drop TIME REASON FUNCTION NAMESPACE INTERFACE BYTES   TIME in nanoseconds since 1970, BYTES in hexadecimal from the IP header on,
 *                                                               with what lies behind a packet that is shorter
 *   end LOST                                                    how many there was no room to tell of
 *
 * `native drops --try` only tries whether this host lets it. Exit code 3 where it does not, with the reason on stderr.
 */
#define _GNU_SOURCE
#include "drops.h"
#include "kernel_symbols.h"
#include "kernel_types.h"
#include "line.h"
#include "native.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NO_DROPS = 3, REQUEST_BYTES_MAX = 8192 };

static const struct btf_type *reasons;
static const char reason_prefix[] = "SKB_DROP_REASON_";

static int64_t clock_ns(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void tell(const struct drop *drop) {
  /* In this order: where this process is held up in between, a drop seems later than it was, and never before its packet was seen. */
  int64_t monotonic = clock_ns(CLOCK_MONOTONIC);
  int64_t real = clock_ns(CLOCK_REALTIME) - monotonic + (int64_t)drop->time_ns;
  const char *name = kernel_value_name(reasons, drop->reason);
  if (name != NULL && strncmp(name, reason_prefix, sizeof reason_prefix - 1) == 0) name += sizeof reason_prefix - 1;
  if (name == NULL) printf("drop\t%jd\t%u", (intmax_t)real, drop->reason);
  else printf("drop\t%jd\t%s", (intmax_t)real, name);
  printf("\t%s\t%u\t%.*s\t", kernel_symbol_of(drop->location), drop->namespace, IFNAMSIZ, drop->interface);
  for (int index = 0; index < DROP_BYTES; index += 1) printf("%02x", drop->bytes[index]);
  putchar('\n');
}

/* A request line; false for none that is known. */
static bool take_line(const struct drops_program *program, const char *line) {
  if (line[0] == '\0') return puts("ready") >= 0;
  char *end;
  errno = 0;
  unsigned long inode = strtoul(line, &end, 10);
  return errno == 0 && *end == '\0' && inode <= UINT32_MAX && drops_add_namespace(program, (uint32_t)inode);
}

static int follow(const struct drops_program *program) {
  struct line_reader reader;
  line_reader_start(&reader, REQUEST_BYTES_MAX);
  for (int state = 1; state > 0;) {
    struct pollfd polls[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = program->ring, .events = POLLIN}};
    if (poll(polls, 2, -1) < 0 && errno != EINTR) return 70;
    if (polls[0].revents != 0) state = line_reader_fill(&reader, STDIN_FILENO);
    size_t length;
    for (char *line = line_reader_next(&reader, &length); line != NULL; line = line_reader_next(&reader, &length)) {
      if (!take_line(program, line)) {
        fprintf(stderr, "native drops: no namespace: %s\n", line);
        return 2;
      }
      line_reader_drop(&reader, length);
    }
    drops_ring_read(tell);
    fflush(stdout);
  }
  printf("end\t%ju\n", (uintmax_t)drops_lost(program));
  return fflush(stdout) == 0 ? 0 : 1;
}

int drops_main(int argc, char **argv) {
  bool only_try = argc == 2 && strcmp(argv[1], "--try") == 0;
  if (argc != 1 && !only_try) {
    fputs("usage: native drops [--try] (requests on stdin)\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  struct drops_program program;
  char why[512];
  if (!drops_attach(&program, why, sizeof why)) {
    fprintf(stderr, "%s\n", why);
    return NO_DROPS;
  }
  if (!drops_ring_open(program.ring)) {
    perror("BPF ring");
    return NO_DROPS;
  }
  if (only_try) return 0;
  kernel_symbols_open();
  reasons = kernel_enumeration("skb_drop_reason");
  return follow(&program);
}
