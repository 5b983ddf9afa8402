/* Running the program that somebody has entered a lab for. */
#ifndef FARMLAB_ENTER_KEEPER_H
#define FARMLAB_ENTER_KEEPER_H

/* A program that was told to end and is still there after this is killed. */
enum { KEEPER_GRACE_MS = 2000 };

/*
 * In the child that is to be the program's keeper, inside the lab's namespaces: runs the program, waits for it, and writes its wait status
 * to `status`. Each byte that comes from `orders` is a signal for the program; at their end, the program is killed. Never returns.
 *
 * The keeper is the child of nobody outside: a dead process in the lab's PID namespace that waits for a parent outside to ask after it
 * would keep the whole lab from ending.
 */
void enter_keeper(int argc, char **argv, char **program, int orders, int status) __attribute__((noreturn));

#endif
