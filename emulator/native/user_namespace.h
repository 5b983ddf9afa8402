/* A user namespace of one's own, for users who are not root: its root is the user, its other ids are the user's subordinate ids. */
#ifndef FARMLAB_USER_NAMESPACE_H
#define FARMLAB_USER_NAMESPACE_H

/* Ids that a lab has, as its user and its group ids: 0.. */
enum { ID_COUNT = 65536 };

/*
 * Takes this process into one, where id 0 is the user's own and 1..65535 are ID_COUNT - 1 subordinate ids from `users` and `groups` on. newuidmap(1)
 * and newgidmap(1) write the maps, which a user may not: they must be programs with rights of their own on PATH. Answers the name of the step
 * that failed, with errno for its reason or 0 where the program has said it, or NULL.
 */
const char *user_namespace_enter(unsigned users, unsigned groups);

#endif
