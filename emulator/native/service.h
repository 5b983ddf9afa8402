/* The daemons of a node: started, supervised, stopped by farmlab-init. */
#ifndef FARMLAB_SERVICE_H
#define FARMLAB_SERVICE_H

#include <stddef.h>
#include <sys/types.h>

/* `tell` hears "started" with a pid and "exited" with a wait status; `stopped` hears when a service that is to stop is gone. */
void service_setup(void (*tell)(const char *what, const char *name, int number), void (*stopped)(const char *name));

/* fields: start name restart namespace envCount KEY=VALUE... argv... ; -1 with `error` filled in. */
int service_start(char **fields, int count, char *error, size_t error_size);

/* 0: it is not running; 1: `stopped` will hear of it. SIGTERM first, SIGKILL after a grace. */
int service_stop(const char *name);
int service_kill(const char *name, const char *signal_name, char *error, size_t error_size);

void service_each(void (*visit)(const char *name, pid_t pid, void *context), void *context);

/* Of every child that has ended, first while its id is still its own, then when it is gone. What a daemon leaves of its process group
   ends with it: a daemon that starts again finds nobody at work in its place. */
void service_about_to_be_reaped(pid_t pid);
void service_reaped(pid_t pid, int status);

/* Milliseconds until a restart, a final kill or a look at the logs is due; -1 when nothing is. */
int service_next_due_ms(void);
void service_do_due(void);

#endif
