/* The daemons of a node: started, supervised, stopped by farmlab-init. */
#ifndef FARMLAB_SERVICE_H
#define FARMLAB_SERVICE_H

#include <stddef.h>
#include <sys/types.h>

/* `tell` hears "started" with a pid and "exited" with a wait status; `stopped` hears of each waiter whose service is gone. */
void service_setup(void (*tell)(const char *what, const char *name, int number), void (*stopped)(int waiter));

/* fields: start name restart namespace envCount KEY=VALUE... argv... ; -1 with `error` filled in. */
int service_start(char **fields, int count, char *error, size_t error_size);

/* 0: it was not running; 1: `waiter` hears later; -1 with `error` filled in. SIGTERM first, SIGKILL after a grace. */
int service_stop(const char *name, int waiter, char *error, size_t error_size);
int service_kill(const char *name, const char *signal_name, char *error, size_t error_size);
void service_forget_waiter(int waiter);

void service_each(void (*visit)(const char *name, pid_t pid, void *context), void *context);
void service_reaped(pid_t pid, int status);

/* Restarts and final kills that wait for their moment; -1 when there is none. */
int service_next_due_ms(void);
void service_do_due(void);

#endif
