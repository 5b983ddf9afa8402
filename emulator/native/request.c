/* See request.h. */
#define _GNU_SOURCE
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUEST_FIELDS_MAX = 8, PAYLOAD_MAX = 16 << 20, LINE_MAX_BYTES = 65536 };

void requests_start(struct line_reader *reader) { line_reader_start(reader, PAYLOAD_MAX + LINE_MAX_BYTES); }

void request_answer(const char *first, const char *second, const char *third) {
  const char *fields[] = {first, second, third};
  if (line_write(STDOUT_FILENO, fields, third != NULL ? 3 : second != NULL ? 2 : 1) < 0) exit(0);
}

/* Length of the payload that the request says will follow; -1 for one that cannot be. */
static long payload_of(char **fields, int count) {
  static const char *const with[] = {"netlink", "sysctl", "offloads", "carriers", "nft", "file", "next"};
  for (unsigned index = 0; index < sizeof with / sizeof with[0]; index += 1) {
    if (strcmp(with[index], fields[0]) != 0) continue;
    char *end;
    long length = strtol(fields[count - 1], &end, 10);
    return *end != '\0' || length < 0 || length > PAYLOAD_MAX ? -1 : length;
  }
  return 0;
}

int requests_read(struct line_reader *reader, void (*handle)(char **, int, char *, size_t)) {
  int state = line_reader_fill(reader, STDIN_FILENO);
  for (;;) {
    char *start = reader->bytes + reader->first;
    char *end = reader->used == 0 ? NULL : memchr(start, '\n', reader->used);
    if (end == NULL) break;
    size_t line_length = (size_t)(end - start) + 1;
    char *line = strndup(start, line_length - 1);
    char *fields[REQUEST_FIELDS_MAX];
    int count = line == NULL ? -1 : line_split(line, fields, REQUEST_FIELDS_MAX);
    long length = count < 1 ? -1 : payload_of(fields, count);
    int whole = length >= 0 && reader->used >= line_length + (size_t)length;
    if (whole) handle(fields, count, start + line_length, (size_t)length);
    free(line);
    if (length < 0) {
      fprintf(stderr, "the lab got what is no request\n");
      return 0;
    }
    if (!whole) break;
    line_reader_drop(reader, line_length + (size_t)length);
  }
  return state > 0;
}
