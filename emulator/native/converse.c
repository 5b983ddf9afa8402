/*
 * `native converse`: keeps flows of tcp, udp and echoes open in a lab's namespaces, and tells what became of each: which packets were not
 * answered is the prober's subject, whether a flow lives on this one's. Standard input has a line a request, fields separated by tabs:
 * `answer NAMESPACE PORT` (who answers tcp and udp there), `open KIND NAMESPACE ADDRESS PORT` (a flow; numbered from 0), `every MS` (how often each
 * says a word), `mark` (a line a flow: sent, answered, longest time without answer in milliseconds, milliseconds since the last one, and `open`,
 * `new`, `moved` or `over`; counting begins anew). Each is answered by a last line `ok` or `error ...`. Ends with standard input.
 */
#define _GNU_SOURCE
#include "converse.h"
#include "line.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { FLOWS_MAX = 4096, ANSWERERS_MAX = 256, EVENTS_MAX = 256, FIRST_ID = 0x4000, LINE_BYTES_MAX = 1 << 12 };

enum source { FROM_INPUT, FROM_FLOW, FROM_LISTENER, FROM_CONNECTION, FROM_UDP };

static struct converse_flow flows[FLOWS_MAX];
static int flow_count, answerer_count, loop;
static int64_t every_ms = 100;

static int follow(int fd, enum source source, int value) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)source << 32 | (uint32_t)value};
  return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

static int enter(const char *path) {
  int namespace = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (namespace < 0) return -1;
  int result = setns(namespace, CLONE_NEWNET);
  close(namespace);
  return result;
}

static int add_answerer(char **fields) {
  int tcp, udp;
  if (answerer_count == ANSWERERS_MAX || enter(fields[1]) < 0 || converse_answer((unsigned)atoi(fields[2]), &tcp, &udp) < 0) return -1;
  answerer_count += 1;
  return follow(tcp, FROM_LISTENER, tcp) < 0 || follow(udp, FROM_UDP, udp) < 0 ? -1 : 0;
}

static int add_flow(char **fields) {
  static const char *const kinds[] = {"tcp", "udp", "icmp"};
  int kind = 0;
  while (kind < 3 && strcmp(fields[1], kinds[kind]) != 0) kind += 1;
  if (kind == 3 || flow_count == FLOWS_MAX) return errno = EINVAL, -1;
  struct converse_flow *flow = &flows[flow_count];
  uint16_t id = (uint16_t)(FIRST_ID + flow_count);
  if (enter(fields[2]) < 0 || converse_open(flow, (enum converse_kind)kind, fields[3], (unsigned)atoi(fields[4]), id) < 0) return -1;
  flow_count += 1;
  return follow(flow->fd, FROM_FLOW, flow_count - 1);
}

static void tell_all(void) {
  int64_t now = converse_now();
  for (int index = 0; index < flow_count; index += 1) {
    struct converse_flow *flow = &flows[index];
    int64_t silent = now - flow->answered_at;
    const char *state = flow->fd < 0 ? "over" : flow->has_moved ? "moved" : flow->is_open ? "open" : "new";
    printf("%u\t%u\t%lld\t%lld\t%s\n", flow->sent, flow->answered, (long long)flow->longest_gap, (long long)silent, state);
    flow->sent = flow->answered = 0;
    flow->longest_gap = 0;
  }
}

static void take(char *line) {
  char *fields[5];
  int count = line_split(line, fields, 5), result = 0;
  errno = EINVAL;
  if (count == 3 && strcmp(fields[0], "answer") == 0) result = add_answerer(fields);
  else if (count == 5 && strcmp(fields[0], "open") == 0) result = add_flow(fields);
  else if (count == 2 && strcmp(fields[0], "every") == 0) every_ms = atoi(fields[1]) < 1 ? 1 : atoi(fields[1]);
  else if (count == 1 && strcmp(fields[0], "mark") == 0) tell_all();
  else result = -1;
  printf(result < 0 ? "error\t%s\n" : "ok\n", strerror(errno));
  fflush(stdout);
}

/* 0: the input has ended. */
static int read_input(struct line_reader *reader) {
  int state = line_reader_fill(reader, STDIN_FILENO);
  size_t length;
  for (char *line; (line = line_reader_next(reader, &length)) != NULL; line_reader_drop(reader, length)) take(line);
  return state > 0;
}

static void serve(enum source source, int value) {
  if (source == FROM_FLOW) converse_read(&flows[value]);
  if (source == FROM_UDP) converse_echo_udp(value);
  if (source == FROM_CONNECTION && converse_echo_tcp(value) < 0) close(value);
  if (source == FROM_LISTENER) {
    int connection = converse_accept(value);
    if (connection >= 0) follow(connection, FROM_CONNECTION, connection);
  }
}

/* Each flow has its turn within the interval, rather than all at once; answers how many have had it. */
static int64_t speak(int64_t began, int64_t spoken) {
  int64_t due = flow_count == 0 ? 0 : (converse_now() - began) * flow_count / every_ms;
  /* What was missed is not made up for. */
  if (due - spoken > flow_count) spoken = due - flow_count;
  for (; spoken < due; spoken += 1) converse_send(&flows[spoken % flow_count]);
  return spoken;
}

int converse_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  struct epoll_event events[EVENTS_MAX];
  struct line_reader reader;
  line_reader_start(&reader, LINE_BYTES_MAX);
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (loop < 0 || follow(STDIN_FILENO, FROM_INPUT, 0) < 0) return perror("converse"), 1;
  int64_t began = converse_now(), spoken = 0, pace = every_ms;
  for (int known = 0;;) {
    if (known != flow_count || pace != every_ms) {
      known = flow_count;
      pace = every_ms;
      began = converse_now();
      spoken = 0;
    }
    int ready = epoll_wait(loop, events, EVENTS_MAX, flow_count == 0 ? -1 : 1);
    for (int index = 0; index < ready; index += 1) {
      enum source source = (enum source)(events[index].data.u64 >> 32);
      if (source != FROM_INPUT) serve(source, (int)(uint32_t)events[index].data.u64);
      else if (read_input(&reader) == 0) return 0;
    }
    spoken = speak(began, spoken);
  }
}
