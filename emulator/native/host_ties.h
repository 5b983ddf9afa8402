/* What a process would take along from the user's session into a lab, and must not. */
#ifndef FARMLAB_HOST_TIES_H
#define FARMLAB_HOST_TIES_H

/* Closes every descriptor above standard error: a program in a lab that held a directory of the host would hold the host. Standard
   streams that are closed become /dev/null, so that nothing else takes their numbers. */
void host_ties_close_descriptors(void);

/* Leaves the session's keyring, whose keys a lab's root could read, and writes no core dumps: a host may have a program of its own take them. */
void host_ties_cut(void);

#endif
