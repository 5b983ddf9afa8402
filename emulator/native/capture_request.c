/* What `native capture` is to do, from its stdin: see capture.c. */
#define _GNU_SOURCE
#include "capture.h"
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILTER_MAX = 4096 /* instructions; BPF_MAXINSNS */ };

bool capture_error(const char *name, const char *words) {
  line_write(STDERR_FILENO, (const char *const[]){"error", name, words}, 3);
  return false;
}

static bool read_filter(struct capture_request *request, char *fields[], int fields_count) {
  long length = 0;
  if (fields_count != 3 || !read_number(fields[1], 1, FILTER_MAX, &length)) return capture_error("filter", "is no program");
  struct sock_filter *instructions = allocate((size_t)length * sizeof *instructions);
  const char *rest = fields[2];
  for (long index = 0; index < length; index += 1) {
    struct sock_filter *one = &instructions[index];
    int used = 0;
    if (sscanf(rest, " %hu,%hhu,%hhu,%u%n", &one->code, &one->jt, &one->jf, &one->k, &used) != 4) {
      free(instructions);
      return capture_error("filter", "is no program");
    }
    rest += used;
  }
  struct sock_fprog *program = allocate(sizeof *program);
  *program = (struct sock_fprog){.len = (unsigned short)length, .filter = instructions};
  request->filter = program;
  return true;
}

static bool read_interface(struct capture_request *request, char *fields[], int fields_count) {
  if (fields_count != 5 || request->count == CAPTURE_INTERFACES_MAX) return capture_error(fields[1], "too many interfaces, or no fields of one");
  if (strlen(fields[1]) >= CAPTURE_NAME_MAX || strlen(fields[3]) >= IFNAMSIZ || strlen(fields[4]) >= CAPTURE_DESCRIPTION_MAX)
    return capture_error(fields[1], "its names are too long");
  struct captured *more = realloc(request->captured, (request->count + 1) * sizeof *more);
  if (more == NULL) return capture_error(fields[1], "no memory is left");
  request->captured = more;
  struct captured *one = &more[request->count];
  memset(one, 0, sizeof *one);
  strcpy(one->name, fields[1]);
  strcpy(one->interface, fields[3]);
  strcpy(one->description, fields[4]);
  one->filter = request->filter;
  one->namespace = namespace_open(fields[2]);
  if (one->namespace < 0) return capture_error(fields[1], strerror(errno));
  request->count += 1;
  return true;
}

static bool read_size(const char *text, long most, size_t *out) {
  long number;
  if (!read_number(text, 64, most, &number)) return capture_error(text, "is no number of bytes for this");
  *out = (size_t)number;
  return true;
}

/* Requests until `start`; false after telling what is wrong, or at the end of stdin. */
bool capture_request_read(struct line_reader *reader, struct capture_request *request) {
  static char *fields[LINE_FIELDS_MAX];
  for (int state = 1; state > 0;) {
    size_t length;
    char *line = line_reader_next(reader, &length);
    if (line == NULL) {
      state = line_reader_fill(reader, STDIN_FILENO);
      continue;
    }
    int fields_count = line_split(line, fields, LINE_FIELDS_MAX);
    bool ok = true;
    if (fields_count == 1 && strcmp(fields[0], "start") == 0) return true;
    if (fields_count < 2) ok = capture_error("request", "is none that is known");
    else if (strcmp(fields[0], "memory") == 0) ok = read_size(fields[1], 1L << 32, &request->memory);
    else if (strcmp(fields[0], "snap") == 0) ok = read_size(fields[1], CAPTURE_SNAP_MAX, &request->snap);
    else if (strcmp(fields[0], "filter") == 0) ok = read_filter(request, fields, fields_count);
    else if (strcmp(fields[0], "interface") == 0) ok = read_interface(request, fields, fields_count);
    else ok = capture_error(fields[0], "is no request that is known");
    if (!ok) return false;
    line_reader_drop(reader, length);
  }
  return false;
}
