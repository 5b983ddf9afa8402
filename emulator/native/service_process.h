/* Starting one daemon's process. */
#ifndef FARMLAB_SERVICE_PROCESS_H
#define FARMLAB_SERVICE_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

struct service_program {
  char *name;
  char *namespace; /* empty: the node's own */
  char **environment;
  char **arguments;
};

/* fields: name restart namespace envCount KEY=VALUE... argv... ; copies them. -1 when they are wrong or memory is short, with `error`. */
int service_program_read(struct service_program *program, char **fields, int count, char *error, size_t error_size);
void service_program_free(struct service_program *program);

/* Answers its process id once it runs, in a session of its own, with standard output and error in its log. -1 with `error` when it could
   not be; `pid` is then the child that failed, to be reaped as any other, or 0. */
int service_process_start(const struct service_program *program, pid_t *pid, char *error, size_t error_size);

#endif
