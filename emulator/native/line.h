/* Lines of tab-separated fields with \\, \t and \n escaped, as core/common/service-line.ts writes them. */
#ifndef FARMLAB_LINE_H
#define FARMLAB_LINE_H

#include <stddef.h>

enum { LINE_FIELDS_MAX = 256 };

/* Splits a line (without its line feed) in place; returns the number of fields, or -1 when there are more than `max`. */
int line_split(char *line, char **fields, int max);

/* Fields as one line, line feed included, in memory of its own; NULL when there is none left. */
char *line_join(const char *const *fields, int count, size_t *length);

/* Writes fields as one line to a descriptor that blocks; -1 on failure. */
int line_write(int descriptor, const char *const *fields, int count);

/* A buffer that gathers bytes until a line is complete; at most `limit` bytes wait in it. */
struct line_reader {
  char *bytes;
  size_t first; /* what is before it is done with */
  size_t used;
  size_t size;
  size_t limit;
};

void line_reader_start(struct line_reader *reader, size_t limit);
void line_reader_end(struct line_reader *reader);

/* Reads once; 1 for data or none yet, 0 for end of file, -1 for an error or a line beyond the limit. */
int line_reader_fill(struct line_reader *reader, int descriptor);

/* The next whole line without its line feed, or NULL; valid until line_reader_drop. */
char *line_reader_next(struct line_reader *reader, size_t *length);
void line_reader_drop(struct line_reader *reader, size_t length);

#endif
