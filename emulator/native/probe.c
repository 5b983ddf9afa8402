/* `native probe`: reads requests from stdin and ends when stdin closes. The request table is here, the work in probe_*.c. */
#define _GNU_SOURCE
#include "probe.h"

#include "line.h"
#include "native.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

struct command {
  const char *verb;
  size_t least, most; /* fields, with the verb */
  void (*handle)(char *fields[], size_t count);
};

static const struct command commands[] = {
  {"listen", 7, 7, listen_request},
  {"unlisten", 2, 2, unlisten_request},
  {"send", 10, 14, send_request},
  {"trace", 9, 9, trace_request},
  {"watch", 5, 5, watch_request},
  {"unwatch", 2, 2, unwatch_request},
  {"raw", 5, 5, raw_request},
};

static bool ended;
static struct line_reader reader;

/* An id is looked for inside packets and written between spaces, so it is short and plain. */
static bool is_token(const char *text) {
  size_t length = strlen(text);
  return length > 0 && length <= TOKEN_LIMIT &&
         strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

static void handle_line(char *line) {
  char *fields[FIELD_LIMIT];
  int count = line_split(line, fields, FIELD_LIMIT);
  if (count < 2 || !is_token(fields[1])) {
    say_error("-", "a request is a verb, an id of at most 32 letters, digits, dots, dashes, and at most 14 fields more");
    return;
  }
  for (size_t index = 0; index < sizeof commands / sizeof *commands; index += 1) {
    const struct command *command = &commands[index];
    if (strcmp(command->verb, fields[0]) != 0) continue;
    if ((size_t)count < command->least || (size_t)count > command->most) say_error(fields[1], "wrong number of fields");
    else command->handle(fields, (size_t)count);
    return;
  }
  say_error(fields[1], "unknown request");
}

static void input_ready(struct source *source, uint32_t events) {
  (void)events;
  int state = line_reader_fill(&reader, source->fd);
  size_t length;
  for (char *line = line_reader_next(&reader, &length); line != NULL; line = line_reader_next(&reader, &length)) {
    handle_line(line);
    line_reader_drop(&reader, length);
  }
  if (state < 0) fputs("native probe: stdin failed, or a line is too long\n", stderr);
  if (state <= 0) ended = true;
}

/* Each probe under way holds a socket; the soft limit of 1024 is too few for a large farm. */
void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void discard_all(void) {
  for (unsigned slot = 0; slot < SLOT_LIMIT; slot += 1) {
    struct probe *probe = probe_in_slot(slot);
    if (probe != NULL) probe_discard(probe);
  }
  traces_discard();
  listeners_close();
  watches_close();
}

int probe_main(int argc, char **argv) {
  (void)argv;
  if (argc != 1) {
    fputs("usage: native probe (requests on stdin)\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  namespace_home();
  loop_open();
  line_reader_start(&reader, 2 * LINE_LIMIT);
  static char output[65536];
  setvbuf(stdout, output, _IOFBF, sizeof output);
  struct source *input = allocate(sizeof *input);
  input->fd = STDIN_FILENO;
  input->ready = input_ready;
  if (!loop_add(input, EPOLLIN)) {
    perror("native probe: stdin has to be a pipe or a socket");
    return 70;
  }
  loop_run(&ended, line_flush);
  discard_all();
  loop_bury(input);
  line_reader_end(&reader);
  loop_close();
  return 0;
}
