/* The running kernel's own description of its types (BTF): where members are, and the names of an enumeration's values. */
#ifndef FARMLAB_KERNEL_TYPES_H
#define FARMLAB_KERNEL_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* False with errno where this kernel has none. */
bool kernel_types_open(void);
void kernel_types_close(void);

/* Bytes from the beginning of a struct to a member, which may be one of a member (`nd_net.net`); -1 where there is none. */
int kernel_member_offset(const char *structure, const char *path);

/* An enumeration by its name; NULL where there is none. */
struct btf_type;
const struct btf_type *kernel_enumeration(const char *name);

/* The name of a value, valid until kernel_types_close; NULL where there is none, or no enumeration. */
const char *kernel_value_name(const struct btf_type *enumeration, uint32_t value);

#endif
