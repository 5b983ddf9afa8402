/*
 * `native write new|more MODE PATH BASE64`: writes a file of the node it runs in, with the directories above it, or adds to its end.
 * For labs that others bring up, whose commands carry no bytes but these.
 */
#define _GNU_SOURCE
#include "native.h"
#include "node_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int value_of(char digit) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *found = digit == '\0' ? NULL : strchr(digits, digit);
  return found == NULL ? -1 : (int)(found - digits);
}

/* Decodes in place, with or without padding; the number of bytes, or -1 for what is no base64. */
static long decode(char *text) {
  size_t digits = strlen(text);
  while (digits > 0 && text[digits - 1] == '=') digits -= 1;
  unsigned bits = 0;
  int held = 0;
  long length = 0;
  for (size_t index = 0; index < digits; index += 1) {
    int value = value_of(text[index]);
    if (value < 0) return -1;
    bits = bits << 6 | (unsigned)value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    text[length++] = (char)(bits >> held);
  }
  return digits % 4 == 1 ? -1 : length;
}

int write_main(int argc, char **argv) {
  char error[512];
  int more = argc == 5 && strcmp(argv[1], "more") == 0;
  if (argc != 5 || (!more && strcmp(argv[1], "new") != 0)) {
    fprintf(stderr, "usage: native write new|more MODE PATH BASE64\n");
    return 2;
  }
  long length = decode(argv[4]);
  if (length < 0) {
    fprintf(stderr, "the content of %s is no base64\n", argv[3]);
    return 2;
  }
  if (node_work_file(argv[3], argv[2], more, argv[4], (size_t)length, error, sizeof error) == 0) return 0;
  fprintf(stderr, "%s\n", error);
  return 1;
}
