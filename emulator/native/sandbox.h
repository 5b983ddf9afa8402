/* Between the holder outside (sandbox.c) and the lab's first process inside (sandbox_init.c). */
#ifndef FARMLAB_SANDBOX_H
#define FARMLAB_SANDBOX_H

#include <signal.h>

/* First id of the sub-range that the lab's ids 0..65535 stand for. */
enum { SANDBOX_RANGE_FIRST = 524288 };

/* Blocks the signals and gives a descriptor that tells of them. */
int sandbox_signals(const sigset_t *handled);

/* Waits until `ended` has something to tell or `other` can be read; drains `ended`. */
void sandbox_wait_for(int ended, int other);

/* The life of the lab's first process; returns its exit code. */
int sandbox_first_process(const char *name);

#endif
