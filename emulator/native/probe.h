/*
 * `native probe`: opens sockets in any network namespace it is given a path to, sends single probes, answers them, and watches
 * interfaces, all in one thread and under one monotonic clock. Judges nothing: it only tells what its sockets saw.
 */
#ifndef FARMLAB_PROBE_H
#define FARMLAB_PROBE_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
  LINE_LIMIT = 65536,    /* bytes of one request */
  FIELD_LIMIT = 16,      /* fields of one request */
  TOKEN_LIMIT = 32,      /* bytes of an id, which is also the token in the packets */
  WHO_LIMIT = 200,       /* bytes of a responder's text */
  COUNT_LIMIT = 64,      /* attempts of one probe */
  SIZE_LIMIT = 60000,    /* payload bytes of one probe */
  SLOT_LIMIT = 8192,     /* probes under way at once */
  HOP_LIMIT = 64,        /* hops of one trace */
  ADDRESS_TEXT = INET6_ADDRSTRLEN,
};

/* probe_loop.c: descriptors, timers, the clock. A source is the first member of an object from malloc. */
struct source {
  int fd;
  void (*ready)(struct source *source, uint32_t events);
  struct source *next_dead;
};
struct timer {
  int64_t at;
  size_t place; /* 1 + its index in the heap, 0 when not armed */
  void (*fire)(struct timer *timer);
};
int64_t now_us(void);
/* For deadlines alone: it stands still while the process is held up. */
int64_t deadline_clock_us(void);
void loop_open(void);
bool loop_add(struct source *source, uint32_t events);
void loop_change(struct source *source, uint32_t events);
void loop_bury(struct source *source);
int loop_release(struct source *source);
void loop_run(const bool *ended, void (*after_each)(void));
void loop_close(void);
void timer_arm(struct timer *timer, int64_t at);
void timer_cancel(struct timer *timer);
void *allocate(size_t size);

/* probe_line.c: answers (requests are read with line.h). */
void line_begin(const char *verb, const char *id);
void line_field(const char *text);
void line_pair(const char *key, const char *text);
void line_number(const char *key, int64_t number);
void line_end(void);
void line_flush(void);
size_t escape(char *out, size_t room, const char *text);
void say_ok(const char *id);
void say_error(const char *id, const char *message);
void say_errno(const char *id, const char *what, int error);
bool read_number(const char *text, long low, long high, long *out);

/* probe.c */
void raise_descriptor_limit(void);

/* probe_namespace.c */
void namespace_home(void);
int namespace_open(const char *path);
int namespace_socket(int namespace, int domain, int type, int protocol);
int socket_in(const char *path, int domain, int type, int protocol);

/* probe_address.c */
union address {
  struct sockaddr any;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
};
struct place {
  union address address;
  char zone[IFNAMSIZ];
};
bool place_parse(const char *text, unsigned port, struct place *out);
int place_resolve(struct place *place, int fd);
int address_family(const union address *address);
socklen_t address_length(const union address *address);
unsigned address_port(const union address *address);
void address_set_port(union address *address, unsigned port);
void address_text(const union address *address, char out[ADDRESS_TEXT]);
int set_option(int fd, int level, int name, int value);

/* probe_packet.c: what is inside the packets. */
struct mark {
  char token[TOKEN_LIMIT + 1];
  unsigned slot;
  unsigned sequence;
  size_t size; /* bytes of the whole request, or of the answer where that is to be longer */
};
struct answer {
  struct mark mark;
  char who[WHO_LIMIT * 2 + 1];
  char source[ADDRESS_TEXT];
  char destination[ADDRESS_TEXT];
  long source_port, destination_port, ttl;
};
#define REQUEST_WORD "farmlab-probe"
#define ANSWER_WORD "farmlab-answer"
size_t request_write(char *out, size_t size, const struct mark *mark);
bool request_read(const char *data, size_t length, struct mark *out);
size_t answer_write(char *out, size_t size, const struct answer *answer);
bool answer_read(const char *data, size_t length, struct answer *out);
uint16_t internet_checksum(const void *data, size_t length);

/* probe_send.c, probe_carrier.c, probe_receive.c, probe_connect.c, probe_trace.c */
enum outcome_kind { OUTCOME_REPLY, OUTCOME_ICMP, OUTCOME_REFUSED, OUTCOME_ACCEPTED, OUTCOME_LOCAL, OUTCOME_TIMEOUT };
struct outcome {
  enum outcome_kind kind;
  union address from;
  int reply_ttl; /* -1: not known */
  bool has_answer;
  struct answer answer;
  unsigned type, code, mtu;
  int error;
  int64_t rtt_us; /* -1: not known */
};
struct carrier {
  struct source source;
  int family, protocol;
  unsigned users;
  struct probe *only; /* the one probe that uses it, where just one does */
  dev_t device;
  ino_t inode;
  struct carrier *next;
};
struct probe {
  struct timer timer;
  char id[TOKEN_LIMIT + 1];
  unsigned slot;
  int protocol;
  struct place source, destination;
  bool has_source;
  bool unasked; /* an echo's answer to which there was no echo */
  int ttl;
  unsigned count, sent;
  size_t size, answer_size;
  int64_t deadline;
  int64_t sent_at[COUNT_LIMIT];
  struct carrier *carrier;
  struct connection *connection;
  struct trace *trace;
  unsigned hop;
};
struct probe_request {
  const char *id;
  int namespace; /* descriptor */
  int protocol;
  struct place source, destination;
  bool has_source;
  bool unasked;
  long ttl, timeout_ms, count, size, source_port, foreign, answer_size;
};
bool probe_common(char *fields[], struct probe_request *request);
struct probe *probe_make(const struct probe_request *request);
struct probe *probe_in_slot(unsigned slot);
void probe_launch(struct probe *probe, int64_t deadline);
void probe_finish(struct probe *probe, const struct outcome *outcome);
void probe_discard(struct probe *probe);
void probe_fail(struct probe *probe, int error);
int64_t probe_rtt(const struct probe *probe, unsigned sequence);
struct carrier *carrier_take(const struct probe_request *request);
void carrier_drop(struct carrier *carrier);
int carrier_send(struct probe *probe);
void carrier_ready(struct source *source, uint32_t events);
unsigned carrier_drain_errors(struct carrier *carrier);
int receive_error(int fd, void *data, size_t *length, struct outcome *out);
int connection_start(struct probe *probe, const struct probe_request *request);
void connection_timeout(struct connection *connection);
void connection_drop(struct connection *connection);
void trace_record(struct trace *trace, unsigned hop, const struct outcome *outcome);
void send_request(char *fields[], size_t count);
void traces_discard(void);
void trace_request(char *fields[], size_t count);

/* probe_listen.c, probe_accept.c, probe_watch.c, probe_frame.c */
struct listener {
  struct source source;
  char id[TOKEN_LIMIT + 1];
  char who[WHO_LIMIT + 1];
  struct listener *next;
  struct guest *guests;
  unsigned guest_count;
};
void listen_request(char *fields[], size_t count);
void unlisten_request(char *fields[], size_t count);
void listeners_close(void);
void accept_ready(struct source *source, uint32_t events);
void guests_close(struct listener *listener);
enum packet_kind { PACKET_OTHER_KIND, PACKET_REQUEST, PACKET_ANSWER, PACKET_ERROR };
struct packet {
  char source[ADDRESS_TEXT], destination[ADDRESS_TEXT], protocol[16];
  char token[TOKEN_LIMIT + 1]; /* whole, where the watched text is only its beginning */
  int ttl;
  unsigned source_port, destination_port, sequence;
  enum packet_kind kind;
};
bool packet_read(const char *data, size_t length, const char *token, struct packet *out);
void watch_request(char *fields[], size_t count);
void unwatch_request(char *fields[], size_t count);
void watches_close(void);
void raw_request(char *fields[], size_t count);

#endif
