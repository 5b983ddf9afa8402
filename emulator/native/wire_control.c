/*
 * Requests to the wire, lines as in line.h, from the file that it starts with and then from clients of /run/farmlab/wire.sock; what a
 * client may say is in emulator/wire/wire-client.ts. Directions are 0 (from the link's first end to its second) and 1.
 */
#define _GNU_SOURCE
#include "wire.h"

#include "init_client.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELDS_MAX = RULE_EDITS_MAX + 64, LINE_BYTES_MAX = 1 << 20, DECISIONS_AT_ONCE = 2000 };

static struct wire_direction *direction_named(const char *link_name, const char *number) {
  struct wire_link *link = wire_link_named(link_name);
  if (link == NULL || (strcmp(number, "0") != 0 && strcmp(number, "1") != 0)) return NULL;
  return &link->directions[*number - '0'];
}

static void fill_end(struct wire_link *link, const char *link_name, int end, const char *name) {
  struct wire_port *port = &link->ports[end];
  *port = (struct wire_port){.link = link, .end = end, .socket = -1};
  strcpy(port->name, name);
  struct wire_direction *direction = &link->directions[end];
  direction->to = &link->ports[1 - end];
  snprintf(direction->place, sizeof direction->place, "%s\t%d", link_name, end);
}

/* link NAME PORT PORT */
static const char *add_link(char **fields) {
  if (wire_link_count == WIRE_LINKS_MAX) return "a wire has at most 256 links";
  if (strlen(fields[1]) > WIRE_NAME_MAX || wire_link_named(fields[1]) != NULL) return "the link is there already, or its name is too long";
  if (strlen(fields[2]) >= IFNAMSIZ || strlen(fields[3]) >= IFNAMSIZ) return "that is no interface";
  struct wire_link *link = &wire_links[wire_link_count];
  strcpy(link->name, fields[1]);
  for (int end = 0; end < 2; end += 1) fill_end(link, fields[1], end, fields[2 + end]);
  wire_link_count += 1;
  return NULL;
}

static void drop_rule(struct wire_direction *direction, int position) {
  struct rule *rule = direction->rules[position];
  parcels_let_go(direction, rule);
  direction->rule_count -= 1;
  memmove(direction->rules + position, direction->rules + position + 1, (size_t)(direction->rule_count - position) * sizeof rule);
  rule_free(rule);
}

static int rule_position(const struct wire_direction *direction, const char *name) {
  int position = 0;
  while (position < direction->rule_count && strcmp(direction->rules[position]->name, name) != 0) position += 1;
  return position;
}

/* set LINK DIRECTION RULE key=value...: a rule of that name begins anew, at its place. */
static const char *set_rule(char **fields, int count) {
  static char error[256];
  struct wire_direction *direction = direction_named(fields[1], fields[2]);
  if (direction == NULL) return "there is no such link or direction";
  int position = rule_position(direction, fields[3]);
  if (position == WIRE_RULES_MAX) return "a direction has at most 16 rules";
  struct rule *rule = rule_read(fields[3], fields + 4, count - 4, error, sizeof error);
  if (rule == NULL) return error;
  if (position < direction->rule_count) {
    parcels_let_go(direction, direction->rules[position]);
    rule_free(direction->rules[position]);
  } else {
    direction->rule_count += 1;
  }
  direction->rules[position] = rule;
  return NULL;
}

/* clear LINK DIRECTION RULE */
static const char *clear_rule(char **fields) {
  struct wire_direction *direction = direction_named(fields[1], fields[2]);
  if (direction == NULL) return "there is no such link or direction";
  int position = rule_position(direction, fields[3]);
  if (position < direction->rule_count) drop_rule(direction, position);
  return NULL;
}

/* carrier LINK END up|down: whether the node at that end sees a carrier. */
static const char *set_carrier(char **fields) {
  struct wire_direction *direction = direction_named(fields[1], fields[2]);
  bool up = strcmp(fields[3], "up") == 0;
  if (direction == NULL || (!up && strcmp(fields[3], "down") != 0)) return "there is no such link, end or state";
  const struct wire_port *port = &direction->to->link->ports[*fields[2] - '0'];
  if (wire_port_set_up(port, up) == 0 || (up && errno == ENODEV)) return NULL;
  return strerror(errno);
}

static void tell_counters(struct init_client *client, struct wire_link *link, int end) {
  wire_port_count_drops(&link->ports[end]);
  const struct wire_counters *held = &link->directions[end].counters;
  const struct {
    const char *name;
    uint64_t value;
  } counters[] = {
    {"received", held->received},   {"sent", held->sent},           {"lost", held->lost},           {"cut", held->cut},
    {"delayed", held->delayed},     {"reordered", held->reordered}, {"duplicated", held->duplicated}, {"corrupted", held->corrupted},
    {"rateFull", held->rate_full},  {"waitingFull", held->waiting_full}, {"flowsFull", held->flows_full}, {"ringFull", held->ring_full},
    {"tooLong", held->too_long},    {"notSent", held->not_sent},
  };
  enum { COUNT = sizeof counters / sizeof counters[0] };
  char texts[COUNT][48];
  const char *fields[3 + COUNT] = {"counters", link->name, end == 0 ? "0" : "1"};
  for (int index = 0; index < COUNT; index += 1) {
    snprintf(texts[index], sizeof texts[index], "%s=%" PRIu64, counters[index].name, counters[index].value);
    fields[3 + index] = texts[index];
  }
  init_client_say(client, 3 + COUNT, fields);
}

/* decisions FROM: at most so many, then `ok`, where to go on, how many were not kept. */
static void tell_decisions(struct init_client *client, const char *from) {
  size_t position = strtoul(from, NULL, 10), end = position + DECISIONS_AT_ONCE;
  char index[24], amount[24], next[24], cut[24];
  for (const struct log_entry *entry; position < end && (entry = wire_log_entry(position)) != NULL; position += 1) {
    char place[sizeof entry->place];
    strcpy(place, entry->place);
    char *direction = strchr(place, '\t');
    *direction++ = '\0';
    snprintf(index, sizeof index, "%" PRIu64, entry->index);
    snprintf(amount, sizeof amount, "%" PRIu64, entry->amount);
    init_client_say(client, 8, (const char *const[]){"decision", place, direction, entry->rule, entry->flow->text, index, entry->what, amount});
  }
  snprintf(next, sizeof next, "%zu", position);
  snprintf(cut, sizeof cut, "%" PRIu64, wire_log_cut());
  init_client_say(client, 3, (const char *const[]){"ok", next, cut});
}

/* What both the file and clients may say; NULL: done. */
static const char *change(char **fields, int count) {
  if (count >= 4 && strcmp(fields[0], "set") == 0) return set_rule(fields, count);
  if (count == 4 && strcmp(fields[0], "clear") == 0) return clear_rule(fields);
  if (count == 4 && strcmp(fields[0], "carrier") == 0) return set_carrier(fields);
  return "request not understood";
}

static void handle(struct init_client *client, char *line) {
  static char *fields[FIELDS_MAX];
  int count = line_split(line, fields, FIELDS_MAX);
  if (count == 2 && strcmp(fields[0], "decisions") == 0) {
    tell_decisions(client, fields[1]);
    return;
  }
  const char *error = NULL;
  if (count == 1 && strcmp(fields[0], "stats") == 0) {
    for (int link = 0; link < wire_link_count; link += 1) {
      for (int end = 0; end < 2; end += 1) tell_counters(client, &wire_links[link], end);
    }
  } else {
    error = change(fields, count);
  }
  if (error == NULL) init_client_say(client, 1, (const char *const[]){"ok"});
  else init_client_say(client, 2, (const char *const[]){"error", error});
}

void wire_control_serve(void) {
  for (struct init_client *client = init_clients; client < init_clients + INIT_CLIENTS_MAX; client += 1) {
    if (client->socket < 0) continue;
    size_t length;
    for (char *line; (line = init_client_line(client, &length)) != NULL;) {
      handle(client, line);
      init_client_drop_line(client, length);
    }
  }
}

int wire_control_listen(void) { return init_clients_listen("/run/farmlab/wire.sock"); }

static const char *start_line(char *line) {
  static char *fields[FIELDS_MAX];
  int count = line_split(line, fields, FIELDS_MAX);
  if (count == 4 && strcmp(fields[0], "link") == 0) return add_link(fields);
  return count < 0 ? "a line has too many fields" : change(fields, count);
}

bool wire_control_start(const char *file, char *error, size_t error_size) {
  int descriptor = open(file, O_RDONLY | O_CLOEXEC), state = 1;
  const char *wrong = descriptor < 0 ? strerror(errno) : NULL;
  struct line_reader reader;
  line_reader_start(&reader, LINE_BYTES_MAX);
  while (wrong == NULL && (state = line_reader_fill(&reader, descriptor)) > 0) {
    size_t length;
    for (char *line; wrong == NULL && (line = line_reader_next(&reader, &length)) != NULL; line_reader_drop(&reader, length)) wrong = start_line(line);
  }
  if (wrong == NULL && (state < 0 || reader.used > 0)) wrong = "it ends within a line, or a line is too long";
  if (wrong != NULL) snprintf(error, error_size, "%s", wrong);
  line_reader_end(&reader);
  if (descriptor >= 0) close(descriptor);
  return wrong == NULL;
}
