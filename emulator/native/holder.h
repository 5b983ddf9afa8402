/* What the holders of labs have in common, whichever backend: the lab's name, claimed by an abstract socket. That is a lock which vanishes
   with its process, and where the holder tells who it is. */
#ifndef FARMLAB_HOLDER_H
#define FARMLAB_HOLDER_H

/* The name that `ps` shows, by which a holder is believed. */
#define HOLDER_PROCESS_NAME "farmlab-holder"

/* Says what failed, with errno's words, as a line `error CODE TEXT` that the harness understands; always 1. */
__attribute__((format(printf, 2, 3))) int holder_failed(const char *code, const char *format, ...);

/* The socket, listening, or -1 when that has been said to have failed (`name-too-long`, `name-taken`, `claim`). */
int holder_claim(const char *name);

/* Who has connected learns `text`, if it is the same user or root. */
void holder_answer(int lock, const char *text);

#endif
