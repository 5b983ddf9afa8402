/* See wire_table.h. */
#define _GNU_SOURCE
#include "wire_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

static const struct siphash_key plain = {0, 0};

void flow_name_drop(struct flow_name *name) {
  if (name == NULL) return;
  name->users -= 1;
  if (name->users == 0) free(name);
}

static uint32_t *slot_of(const struct flow_table *table, const struct flow_key *key) {
  uint32_t at = (uint32_t)siphash(plain, key, sizeof *key) & (table->slot_count - 1);
  while (table->slots[at] != 0 && memcmp(&table->entries[table->slots[at] - 1].key, key, sizeof *key) != 0) at = (at + 1) & (table->slot_count - 1);
  return &table->slots[at];
}

/* Twice the room: slots stay half empty. */
static bool grow(struct flow_table *table) {
  uint32_t count = table->slot_count == 0 ? FIRST_SLOTS : table->slot_count * 2;
  uint32_t *slots = calloc(count, sizeof *slots);
  struct flow_entry *entries = slots == NULL ? NULL : realloc(table->entries, count / 2 * sizeof *entries);
  if (entries == NULL) {
    free(slots);
    return false;
  }
  free(table->slots);
  table->entries = entries;
  table->room = count / 2;
  table->slots = slots;
  table->slot_count = count;
  for (uint32_t index = 0; index < table->used; index += 1) *slot_of(table, &entries[index].key) = index + 1;
  return true;
}

/* The entry of a key, made where there is none; its position, or -1 where there is no room. */
static int64_t position_of(struct flow_table *table, const struct flow_key *key) {
  if (table->slot_count > 0) {
    uint32_t found = *slot_of(table, key);
    if (found != 0) return found - 1;
  }
  if (table->used == WIRE_FLOWS_MAX || (table->used == table->room && !grow(table))) return -1;
  table->entries[table->used] = (struct flow_entry){.key = *key};
  table->used += 1;
  *slot_of(table, key) = table->used;
  return table->used - 1;
}

/* The next number among the flows of one name; 0 where there is no room. */
static uint32_t next_number(struct flow_table *table, const struct flow_key *key) {
  struct flow_key name;
  memset(&name, 0xff, sizeof name);
  memcpy((char *)&name + FLOW_NAME_OFFSET, (const char *)key + FLOW_NAME_OFFSET, sizeof name - FLOW_NAME_OFFSET);
  int64_t position = position_of(table, &name);
  return position < 0 ? 0 : (uint32_t)(table->entries[position].packets += 1);
}

static bool begin(struct flow_entry *entry, uint32_t number, struct siphash_key key, const char *place) {
  char text[FLOW_TEXT_MAX], whole[2 * FLOW_TEXT_MAX];
  flow_text(&entry->key, number, text);
  struct flow_name *name = malloc(sizeof *name + strlen(text) + 1);
  if (name == NULL) return false;
  name->users = 1;
  strcpy(name->text, text);
  flow_name_drop(entry->name);
  int length = snprintf(whole, sizeof whole, "%s\t%s", place, text);
  entry->name = name;
  entry->number = number;
  entry->packets = 0;
  entry->hash = siphash(key, whole, (size_t)length < sizeof whole ? (size_t)length : sizeof whole - 1);
  return true;
}

struct flow_entry *flow_table_count(struct flow_table *table, const struct flow *flow, struct siphash_key key, const char *place) {
  int64_t position = position_of(table, &flow->key);
  if (position < 0) return NULL;
  struct flow_entry *entry = &table->entries[position];
  if (entry->name == NULL || (flow->tcp_opens && flow->tcp_sequence != entry->tcp_sequence)) {
    uint32_t number = next_number(table, &flow->key);
    entry = &table->entries[position]; /* the table may have moved */
    if (number == 0 || !begin(entry, number, key, place)) return NULL;
    entry->tcp_sequence = flow->tcp_sequence;
  }
  entry->packets += 1;
  return entry;
}

void flow_table_free(struct flow_table *table) {
  for (uint32_t index = 0; index < table->used; index += 1) flow_name_drop(table->entries[index].name);
  free(table->entries);
  free(table->slots);
  memset(table, 0, sizeof *table);
}
