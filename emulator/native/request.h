/* Requests of the harness over a pipe: each is a line of fields, the last one the length of a payload that follows where the request has
   one; each is answered by one line, in order. */
#ifndef FARMLAB_REQUEST_H
#define FARMLAB_REQUEST_H

#include "line.h"

#include <stddef.h>

void requests_start(struct line_reader *reader);

/* Reads once from standard input and hands every whole request to `handle`; answers 0 when no more can come. */
int requests_read(struct line_reader *reader, void (*handle)(char **fields, int count, char *payload, size_t length));

/* Up to three fields; the process ends when nobody reads answers any more. */
void request_answer(const char *first, const char *second, const char *third);

/* Does what a request asks of the node whose namespaces this process is in (its mount namespace where node_request_needs_files says so);
   `node` is its name for messages. 0, or -1 with `error` filled in. */
int node_request_do(const char *node, char **fields, int count, char *payload, size_t length, char *error, size_t error_size);
int node_request_needs_files(const char *what);

#endif
