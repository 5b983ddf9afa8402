/* Reading rules; see wire_rule.h. */
#define _GNU_SOURCE
#include "wire_rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_REORDER_HOLD_US = 100000, DEFAULT_QUEUE_US = 200000 };
#define MICROSECONDS_MAX 600000000LL /* ten minutes */
#define KBIT_MAX 1000000000LL

static bool read_whole(const char *text, int64_t low, int64_t high, int64_t *out) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (*text == '\0' || *end != '\0' || errno != 0 || value < low || value > high) return false;
  *out = value;
  return true;
}

static bool read_int(const char *text, int high, int *out) {
  int64_t value;
  if (!read_whole(text, 0, high, &value)) return false;
  *out = (int)value;
  return true;
}

static bool read_share(const char *text, double *out) {
  char *end;
  *out = strtod(text, &end);
  return *text != '\0' && *end == '\0' && *out >= 0 && *out <= 1;
}

static bool read_seed(const char *text, struct siphash_key *out) {
  char *end;
  errno = 0;
  out->low = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

/* ADDRESS/BITS */
static bool read_host(const char *text, struct flow_filter *filter, int side) {
  char address[INET6_ADDRSTRLEN];
  const char *slash = strchr(text, '/');
  if (slash == NULL || (size_t)(slash - text) >= sizeof address) return false;
  memcpy(address, text, (size_t)(slash - text));
  address[slash - text] = '\0';
  int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
  filter->hosts[side].family = family;
  return inet_pton(family, address, filter->hosts[side].bytes) == 1 && read_int(slash + 1, family == AF_INET ? 32 : 128, &filter->hosts[side].bits);
}

static bool read_filter(struct flow_filter *filter, const char *key, const char *value, bool *known) {
  *known = true;
  filter->active = true;
  if (strcmp(key, "protocol") == 0) return read_int(value, 255, &filter->protocol);
  if (strcmp(key, "ethertype") == 0) return read_int(value, 65535, &filter->ethertype);
  if (strcmp(key, "source") == 0) return read_host(value, filter, 0);
  if (strcmp(key, "destination") == 0) return read_host(value, filter, 1);
  if (strcmp(key, "source_port") == 0) return read_int(value, 65535, &filter->ports[0]);
  if (strcmp(key, "destination_port") == 0) return read_int(value, 65535, &filter->ports[1]);
  *known = false;
  return false;
}

/* INDEX ACTION AMOUNT FLOW, in the rule's own copy of the text. */
static bool read_edit(struct rule *rule, char *value) {
  static const char *const actions[] = {[EDIT_PASS] = "pass", [EDIT_DROP] = "drop", [EDIT_DELAY] = "delay", [EDIT_DUPLICATE] = "duplicate", [EDIT_CORRUPT] = "corrupt"};
  char *rest = value, *index = strsep(&rest, " "), *action = strsep(&rest, " "), *amount = strsep(&rest, " ");
  int64_t number, microseconds;
  if (rest == NULL || *rest == '\0' || rule->edit_count == RULE_EDITS_MAX) return false;
  if (!read_whole(index, 1, INT64_MAX, &number) || !read_whole(amount, 0, MICROSECONDS_MAX, &microseconds)) return false;
  for (unsigned each = 0; each < sizeof actions / sizeof actions[0]; each += 1) {
    if (strcmp(actions[each], action) != 0) continue;
    struct edit *edits = realloc(rule->edits, (rule->edit_count + 1) * sizeof *edits);
    if (edits == NULL) return false;
    rule->edits = edits;
    edits[rule->edit_count++] = (struct edit){(uint64_t)number, (enum edit_action)each, microseconds, rest};
    return true;
  }
  return false;
}

static bool read_field(struct rule *rule, const char *key, char *value) {
  if (strcmp(key, "seed") == 0) return read_seed(value, &rule->key);
  if (strcmp(key, "loss") == 0) return read_share(value, &rule->loss);
  if (strcmp(key, "reorder") == 0) return read_share(value, &rule->reorder);
  if (strcmp(key, "duplicate") == 0) return read_share(value, &rule->duplicate);
  if (strcmp(key, "corrupt") == 0) return read_share(value, &rule->corrupt);
  if (strcmp(key, "delay_us") == 0) return read_whole(value, 0, MICROSECONDS_MAX, &rule->delay_us);
  if (strcmp(key, "jitter_us") == 0) return read_whole(value, 0, MICROSECONDS_MAX, &rule->jitter_us);
  if (strcmp(key, "reorder_behind") == 0) return read_whole(value, 1, 1000, &rule->reorder_behind);
  if (strcmp(key, "reorder_hold_us") == 0) return read_whole(value, 0, MICROSECONDS_MAX, &rule->reorder_hold_us);
  if (strcmp(key, "rate_kbit") == 0) return read_whole(value, 1, KBIT_MAX, &rule->rate_kbit);
  if (strcmp(key, "queue_us") == 0) return read_whole(value, 0, MICROSECONDS_MAX, &rule->queue_us);
  if (strcmp(key, "cut") == 0) return rule->cut = strcmp(value, "1") == 0;
  if (strcmp(key, "edit") == 0) return read_edit(rule, value);
  bool known;
  return read_filter(&rule->filter, key, value, &known) && known;
}

/* Of edits for one index the first given comes first: their texts stand in one buffer in that order. */
static int compare_edits(const void *one, const void *other) {
  const struct edit *first = one, *second = other;
  if (first->index != second->index) return first->index < second->index ? -1 : 1;
  return first->flow < second->flow ? -1 : first->flow > second->flow;
}

static struct rule *refuse(struct rule *rule, char *error, size_t error_size, const char *what) {
  snprintf(error, error_size, "a rule cannot have %.100s", what);
  rule_free(rule);
  return NULL;
}

struct rule *rule_read(const char *name, char **fields, int count, char *error, size_t error_size) {
  size_t length = 1;
  for (int index = 0; index < count; index += 1) length += strlen(fields[index]) + 1;
  struct rule *rule = calloc(1, sizeof *rule);
  if (rule == NULL) return refuse(rule, error, error_size, "memory: there is none left");
  rule->filter = (struct flow_filter){.protocol = -1, .ethertype = -1, .ports = {-1, -1}};
  rule->key.high = 0x6d72616662616c21; /* tells these hashes from others of the same seed */
  rule->reorder_behind = 1;
  rule->reorder_hold_us = DEFAULT_REORDER_HOLD_US;
  rule->queue_us = DEFAULT_QUEUE_US;
  char *text = rule->text = malloc(length);
  if (text == NULL) return refuse(rule, error, error_size, "memory: there is none left");
  if (*name == '\0' || strlen(name) > RULE_NAME_MAX) return refuse(rule, error, error_size, "a name of that length");
  strcpy(rule->name, name);
  for (int index = 0; index < count; index += 1) {
    char *field = strcpy(text, fields[index]), *value = strchr(field, '=');
    text += strlen(field) + 1;
    if (value != NULL) *value++ = '\0';
    if (value == NULL || !read_field(rule, field, value)) return refuse(rule, error, error_size, fields[index]);
  }
  if (rule->edit_count > 0) qsort(rule->edits, rule->edit_count, sizeof *rule->edits, compare_edits);
  return rule;
}

void rule_free(struct rule *rule) {
  if (rule == NULL) return;
  flow_table_free(&rule->flows);
  free(rule->edits);
  free(rule->text);
  free(rule);
}

bool rule_decides(const struct rule *rule) {
  return rule->loss > 0 || rule->reorder > 0 || rule->duplicate > 0 || rule->corrupt > 0 || rule->jitter_us > 0 || rule->edit_count > 0;
}

static bool is_within(const uint8_t *address, const uint8_t *prefix, int bits) {
  int whole = bits / 8, rest = bits % 8;
  if (memcmp(address, prefix, (size_t)whole) != 0) return false;
  return rest == 0 || ((address[whole] ^ prefix[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
}

bool rule_wants(const struct rule *rule, const struct flow_key *key) {
  const struct flow_filter *filter = &rule->filter;
  if (!filter->active) return true;
  bool ip = key->ethertype == ETHERTYPE_IP || key->ethertype == ETHERTYPE_IPV6;
  if (filter->ethertype >= 0 && filter->ethertype != key->ethertype) return false;
  if (filter->protocol >= 0 && (!ip || filter->protocol != key->protocol)) return false;
  for (int side = 0; side < 2; side += 1) {
    int family = filter->hosts[side].family;
    const uint8_t *address = side == 0 ? key->source : key->destination;
    if (family != 0 && key->ethertype != (family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6)) return false;
    if (family != 0 && !is_within(address, filter->hosts[side].bytes, filter->hosts[side].bits)) return false;
    if (filter->ports[side] >= 0 && filter->ports[side] != key->ports[side]) return false;
  }
  return true;
}
