/* Work told line by line on standard input, each in a network namespace of the node. */
#ifndef FARMLAB_NAMESPACE_LINES_H
#define FARMLAB_NAMESPACE_LINES_H

#include <stddef.h>

/* Moves this thread there; `host` is `home`, where it began. -1 with errno. */
int namespace_line_enter(const char *namespace, int home);

/* Does the work for each line, of at most `limit` bytes; `work` says what failed and answers 1 for it. Answers 1 where any failed. */
int namespace_lines_main(size_t limit, int (*work)(char *line, int home));

#endif
