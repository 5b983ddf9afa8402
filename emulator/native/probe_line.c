/* The answers of `native probe`: lines of tab-separated fields, escaped as in line.h, gathered in stdout until the turn of the loop ends. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes the escaped text with a final zero, cut where the room ends; returns its length. */
size_t escape(char *out, size_t room, const char *text) {
  size_t used = 0;
  for (; *text != '\0' && used + 2 < room; text += 1) {
    char code = *text == '\\' ? '\\' : *text == '\t' ? 't' : *text == '\n' ? 'n' : '\0';
    if (code != '\0') out[used++] = '\\';
    out[used++] = code != '\0' ? code : *text;
  }
  out[used] = '\0';
  return used;
}

static void put_escaped(const char *text) {
  char part[2 * LINE_LIMIT / 16 + 1];
  escape(part, sizeof part, text);
  fputs(part, stdout);
}

void line_begin(const char *verb, const char *id) {
  fputs(verb, stdout);
  line_field(id);
}

void line_field(const char *text) {
  putchar('\t');
  put_escaped(text);
}

void line_pair(const char *key, const char *text) {
  printf("\t%s=", key);
  put_escaped(text);
}

void line_number(const char *key, int64_t number) {
  printf("\t%s=%" PRId64, key, number);
}

void line_end(void) {
  putchar('\n');
}

/* Called once per turn of the loop: answers of one turn leave in one write. Nobody reading any more ends the process. */
void line_flush(void) {
  if (fflush(stdout) != 0) exit(1);
}

void say_ok(const char *id) {
  line_begin("ok", id);
  line_end();
}

void say_error(const char *id, const char *message) {
  line_begin("error", id);
  line_field(message);
  line_end();
}

void say_errno(const char *id, const char *what, int error) {
  char message[512];
  snprintf(message, sizeof message, "%.400s: %s (%s)", what, strerrordesc_np(error), strerrorname_np(error));
  say_error(id, message);
}

bool read_number(const char *text, long low, long high, long *out) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno != 0 || *end != '\0' || value < low || value > high) return false;
  *out = value;
  return true;
}
