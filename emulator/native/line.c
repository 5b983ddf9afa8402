/* See line.h. */
#include "line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void unescape(char *field) {
  char *out = field;
  for (char *in = field; *in != '\0'; in += 1) {
    if (in[0] == '\\' && in[1] != '\0') {
      in += 1;
      *out++ = *in == 't' ? '\t' : *in == 'n' ? '\n' : *in;
    } else {
      *out++ = *in;
    }
  }
  *out = '\0';
}

int line_split(char *line, char **fields, int max) {
  int count = 0;
  char *rest = line;
  while (rest != NULL) {
    if (count == max) return -1;
    char *tab = strchr(rest, '\t');
    if (tab != NULL) *tab = '\0';
    fields[count++] = rest;
    rest = tab == NULL ? NULL : tab + 1;
  }
  for (int index = 0; index < count; index += 1) unescape(fields[index]);
  return count;
}

char *line_join(const char *const *fields, int count, size_t *length) {
  size_t size = 1;
  for (int index = 0; index < count; index += 1) size += 2 * strlen(fields[index]) + 1;
  char *line = malloc(size);
  if (line == NULL) return NULL;
  size_t used = 0;
  for (int index = 0; index < count; index += 1) {
    if (index > 0) line[used++] = '\t';
    for (const char *in = fields[index]; *in != '\0'; in += 1) {
      if (*in == '\t' || *in == '\n' || *in == '\\') {
        line[used++] = '\\';
        line[used++] = *in == '\t' ? 't' : *in == '\n' ? 'n' : '\\';
      } else {
        line[used++] = *in;
      }
    }
  }
  line[used++] = '\n';
  *length = used;
  return line;
}

int line_write(int descriptor, const char *const *fields, int count) {
  size_t length;
  char *line = line_join(fields, count, &length);
  if (line == NULL) return -1;
  size_t written = 0;
  while (written < length) {
    ssize_t amount = write(descriptor, line + written, length - written);
    if (amount < 0 && errno == EINTR) continue;
    if (amount <= 0) break;
    written += (size_t)amount;
  }
  free(line);
  return written == length ? 0 : -1;
}

void line_reader_start(struct line_reader *reader, size_t limit) {
  memset(reader, 0, sizeof *reader);
  reader->limit = limit;
}

void line_reader_end(struct line_reader *reader) {
  free(reader->bytes);
  memset(reader, 0, sizeof *reader);
}

/* Room for a fair read, in the buffer as it is or in a larger one; -1 when it is full and may not grow. */
static int make_room(struct line_reader *reader) {
  enum { FAIR_READ = 4096, FIRST_SIZE = 16384 };
  if (reader->size - reader->first - reader->used >= FAIR_READ) return 0;
  if (reader->first > 0) memmove(reader->bytes, reader->bytes + reader->first, reader->used);
  reader->first = 0;
  if (reader->size - reader->used < FAIR_READ && reader->size < reader->limit) {
    size_t size = reader->size == 0 ? FIRST_SIZE : reader->size * 2;
    if (size > reader->limit) size = reader->limit;
    char *bytes = realloc(reader->bytes, size);
    if (bytes == NULL) return -1;
    reader->bytes = bytes;
    reader->size = size;
  }
  return reader->used < reader->size ? 0 : -1;
}

int line_reader_fill(struct line_reader *reader, int descriptor) {
  if (make_room(reader) < 0) return -1;
  char *end = reader->bytes + reader->first + reader->used;
  ssize_t amount = read(descriptor, end, reader->size - reader->first - reader->used);
  if (amount < 0) return errno == EINTR || errno == EAGAIN ? 1 : -1;
  reader->used += (size_t)amount;
  return amount > 0;
}

char *line_reader_next(struct line_reader *reader, size_t *length) {
  if (reader->used == 0) return NULL;
  char *line = reader->bytes + reader->first;
  char *end = memchr(line, '\n', reader->used);
  if (end == NULL) return NULL;
  *end = '\0';
  *length = (size_t)(end - line) + 1;
  return line;
}

void line_reader_drop(struct line_reader *reader, size_t length) {
  reader->used -= length;
  reader->first = reader->used == 0 ? 0 : reader->first + length;
}
