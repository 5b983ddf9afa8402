/* The kernel's connection tracking of the network namespace that this thread is in. */
#ifndef FARMLAB_CONNTRACK_H
#define FARMLAB_CONNTRACK_H

#include <stdbool.h>
#include <stddef.h>

struct conntrack_prefix {
  int family; /* AF_INET or AF_INET6 */
  unsigned length;
  unsigned char address[16];
  bool untranslated; /* only what is sent to it, and comes to it as it is */
};

/* Ends every entry that has an address of one of the prefixes, in either direction, before or after translation, as far as it wants these; -1 with errno. */
int conntrack_forget(const struct conntrack_prefix *prefixes, size_t count);

#endif
