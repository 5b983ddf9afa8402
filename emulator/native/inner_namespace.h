/* Network namespaces inside a node, by the names that they have below /run/netns. */
#ifndef FARMLAB_INNER_NAMESPACE_H
#define FARMLAB_INNER_NAMESPACE_H

/* Moves this thread into it; -1 with errno. A name with a slash is none (EINVAL). */
int inner_namespace_join(const char *name);

#endif
