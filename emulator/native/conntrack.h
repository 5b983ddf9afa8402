/* The kernel's connection tracking of the network namespace that this thread is in. */
#ifndef FARMLAB_CONNTRACK_H
#define FARMLAB_CONNTRACK_H

struct conntrack_prefix {
  int family; /* AF_INET or AF_INET6 */
  unsigned length;
  unsigned char address[16];
};

/* Ends every entry that has an address of the prefix, in either direction, before or after translation; -1 with errno. */
int conntrack_forget(const struct conntrack_prefix *prefix);

#endif
