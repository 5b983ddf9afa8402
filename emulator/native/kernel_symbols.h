/* Names of the kernel's functions by the addresses in them. */
#ifndef FARMLAB_KERNEL_SYMBOLS_H
#define FARMLAB_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

enum { KERNEL_SYMBOL_MAX = 64 };

/* False where the kernel hides them (kptr_restrict) or has none: names are then unknown, nothing else. */
bool kernel_symbols_open(void);

/* The function that holds an address, cut to KERNEL_SYMBOL_MAX - 1 bytes; "?" where it is unknown. Valid until the next call. */
const char *kernel_symbol_of(uint64_t address);

#endif
