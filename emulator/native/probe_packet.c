/*
 * What probes carry: `farmlab-probe TOKEN SLOT SEQUENCE SIZE`, answered by
 * `farmlab-answer TOKEN SLOT SEQUENCE SIZE <tab> who <tab> source <tab> port <tab> ttl <tab> destination <tab> port`,
 * each ended by a line feed and filled with dots to the wanted size.
 */
#define _GNU_SOURCE
#include "probe.h"

#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t fill(char *out, size_t used, size_t size) {
  if (used < size) memset(out + used, '.', size - used);
  return used < size ? size : used;
}

/* `out` holds at least SIZE_LIMIT bytes. Returns the length, at least `size`. The mark asks for an answer of its own size, where that is more. */
size_t request_write(char *out, size_t size, const struct mark *mark) {
  int used = snprintf(out, SIZE_LIMIT, REQUEST_WORD " %s %u %u %zu\n", mark->token, mark->slot, mark->sequence, mark->size > size ? mark->size : size);
  return fill(out, (size_t)used, size);
}

size_t answer_write(char *out, size_t size, const struct answer *answer) {
  char who[2 * WHO_LIMIT + 1];
  escape(who, sizeof who, answer->who);
  int used = snprintf(out, SIZE_LIMIT, ANSWER_WORD " %s %u %u %zu\t%s\t%s\t%ld\t%ld\t%s\t%ld\n", answer->mark.token, answer->mark.slot,
                      answer->mark.sequence, answer->mark.size, who, answer->source, answer->source_port, answer->ttl, answer->destination,
                      answer->destination_port);
  return fill(out, (size_t)used, size);
}

/* The first line of the data as a string; false when it does not end within the room. */
static bool first_line(const char *data, size_t length, char *out, size_t room) {
  const char *end = memchr(data, '\n', length < room ? length : room);
  if (end == NULL) return false;
  memcpy(out, data, (size_t)(end - data));
  out[end - data] = '\0';
  return true;
}

static bool mark_read(const char *text, const char *word, struct mark *out) {
  size_t length = strlen(word);
  if (strncmp(text, word, length) != 0 || text[length] != ' ') return false;
  return sscanf(text + length + 1, "%32s %u %u %zu", out->token, &out->slot, &out->sequence, &out->size) == 4;
}

bool request_read(const char *data, size_t length, struct mark *out) {
  char line[128];
  return first_line(data, length, line, sizeof line) && mark_read(line, REQUEST_WORD, out);
}

bool answer_read(const char *data, size_t length, struct answer *out) {
  char line[1024], *fields[FIELD_LIMIT];
  if (!first_line(data, length, line, sizeof line) || line_split(line, fields, FIELD_LIMIT) != 7) return false;
  if (!mark_read(fields[0], ANSWER_WORD, &out->mark)) return false;
  snprintf(out->who, sizeof out->who, "%s", fields[1]);
  snprintf(out->source, sizeof out->source, "%s", fields[2]);
  snprintf(out->destination, sizeof out->destination, "%s", fields[5]);
  out->source_port = atol(fields[3]);
  out->ttl = atol(fields[4]);
  out->destination_port = atol(fields[6]);
  return true;
}

/* RFC 1071. */
uint16_t internet_checksum(const void *data, size_t length) {
  const uint8_t *bytes = data;
  uint32_t sum = 0;
  for (size_t index = 0; index + 1 < length; index += 2) sum += (uint32_t)bytes[index] << 8 | bytes[index + 1];
  if (length % 2 == 1) sum += (uint32_t)bytes[length - 1] << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}
