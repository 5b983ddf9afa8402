/* See kernel_symbols.h. */
#define _GNU_SOURCE
#include "kernel_symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_MAX = 1 << 20 };

struct symbol {
  uint64_t address;
  char name[KERNEL_SYMBOL_MAX];
};

static struct symbol *symbols;
static size_t symbols_count;

static int by_address(const void *one, const void *other) {
  uint64_t first = ((const struct symbol *)one)->address, second = ((const struct symbol *)other)->address;
  return first < second ? -1 : first > second;
}

bool kernel_symbols_open(void) {
  FILE *table = fopen("/proc/kallsyms", "re");
  char line[512];
  size_t room = 0;
  if (table == NULL) return false;
  while (symbols_count < SYMBOLS_MAX && fgets(line, sizeof line, table) != NULL) {
    struct symbol symbol;
    char kind;
    if (sscanf(line, "%lx %c %63s", &symbol.address, &kind, symbol.name) != 3 || symbol.address == 0) continue;
    if (kind != 't' && kind != 'T') continue;
    if (symbols_count == room) {
      room = room == 0 ? 1 << 16 : room * 2;
      struct symbol *more = realloc(symbols, room * sizeof *symbols);
      if (more == NULL) break;
      symbols = more;
    }
    symbols[symbols_count++] = symbol;
  }
  fclose(table);
  qsort(symbols, symbols_count, sizeof *symbols, by_address);
  return symbols_count > 0;
}

const char *kernel_symbol_of(uint64_t address) {
  size_t low = 0, high = symbols_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (symbols[middle].address <= address) low = middle + 1;
    else high = middle;
  }
  return low == 0 ? "?" : symbols[low - 1].name;
}
