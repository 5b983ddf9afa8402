/* `native wire FILE`: see wire.h. FILE has the links and the rules that hold from the first frame on, as requests (wire_control.c). */
#define _GNU_SOURCE
#include "wire.h"

#include "init_client.h"
#include "native.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, PORTS = 0, LISTENER = 1, CLIENTS = 2 };

struct wire_link wire_links[WIRE_LINKS_MAX];
int wire_link_count;

static int poll_set, timer, changes;

int64_t wire_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct wire_link *wire_link_named(const char *name) {
  for (int index = 0; index < wire_link_count; index += 1) {
    if (strcmp(wire_links[index].name, name) == 0) return &wire_links[index];
  }
  return NULL;
}

/* At most a batch: then it is others' turn. */
static void serve_port(struct wire_port *port) {
  static struct wire_batch batch;
  unsigned count = 0;
  size_t length;
  if (port->socket < 0) return;
  struct wire_direction *direction = &port->link->directions[port->end];
  wire_batch_begin(&batch, direction);
  for (uint8_t *frame; count < WIRE_BATCH && (frame = wire_port_take(port, count, &length)) != NULL; count += 1) {
    if (length > 0) wire_pass(&batch, frame, length);
    else direction->counters.too_long += 1;
  }
  wire_batch_flush(&batch);
  wire_port_release(port, count);
}

/* Interfaces come and go with the nodes at the other end: what has changed is looked at anew, whatever the message says. */
static void read_changes(void) {
  char message[8192];
  while (recv(changes, message, sizeof message, MSG_DONTWAIT) > 0 || errno == ENOBUFS) continue;
  wire_ports_follow(poll_set);
}

static void serve_ports(void) {
  struct epoll_event events[EVENTS_MAX];
  int count = epoll_wait(poll_set, events, EVENTS_MAX, 0);
  bool changed = false;
  for (int index = 0; index < count; index += 1) {
    if (events[index].data.ptr == &changes) {
      changed = true;
    } else if (events[index].data.ptr != &timer) {
      if (events[index].events & EPOLLERR) wire_port_clear_error(events[index].data.ptr);
      serve_port(events[index].data.ptr);
    }
  }
  /* Last, for it may close a socket that an event is of. */
  if (changed) read_changes();
}

static void set_timer(void) {
  static int64_t set_ns = -1;
  int64_t due = parcels_next_due_ns();
  if (due == set_ns) return;
  struct itimerspec when = {.it_value = {.tv_sec = due < 0 ? 0 : due / 1000000000, .tv_nsec = due < 0 ? 0 : due % 1000000000}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
  set_ns = due;
}

static int run(int listener) {
  struct pollfd polls[CLIENTS + INIT_CLIENTS_MAX];
  for (;;) {
    polls[PORTS] = (struct pollfd){.fd = poll_set, .events = POLLIN};
    polls[LISTENER] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int index = 0; index < INIT_CLIENTS_MAX; index += 1) {
      if (init_clients[index].socket >= 0) init_client_tidy(&init_clients[index]);
      polls[CLIENTS + index] = init_client_poll(&init_clients[index]);
    }
    if (poll(polls, CLIENTS + INIT_CLIENTS_MAX, -1) < 0 && errno != EINTR) return 1;
    if (polls[PORTS].revents) serve_ports();
    parcels_send_due(wire_now_ns());
    set_timer();
    for (int index = 0; index < INIT_CLIENTS_MAX; index += 1) {
      struct init_client *client = &init_clients[index];
      if (client->socket < 0) continue;
      if (polls[CLIENTS + index].revents) init_client_transfer(client, polls[CLIENTS + index].revents);
    }
    wire_control_serve();
    if (polls[LISTENER].revents) init_clients_accept(listener);
  }
}

static int add(int descriptor, void *what) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
  return descriptor < 0 ? -1 : epoll_ctl(poll_set, EPOLL_CTL_ADD, descriptor, &event);
}

static int watch_interfaces(void) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  changes = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  return changes < 0 ? -1 : bind(changes, (struct sockaddr *)&address, sizeof address);
}

int wire_main(int argc, char **argv) {
  char error[256];
  if (argc != 2) return fputs("usage: native wire FILE\n", stderr), 2;
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1UL); /* the usual 50 us would be added to every delay */
  if (!wire_control_start(argv[1], error, sizeof error)) return fprintf(stderr, "native wire: %s: %s\n", argv[1], error), 1;
  poll_set = epoll_create1(EPOLL_CLOEXEC);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (poll_set < 0 || watch_interfaces() < 0 || add(timer, &timer) < 0 || add(changes, &changes) < 0) return perror("native wire"), 1;
  wire_ports_follow(poll_set);
  int listener = wire_control_listen();
  if (listener < 0) return perror("native wire: /run/farmlab/wire.sock"), 1;
  return run(listener);
}
