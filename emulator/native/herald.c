/*
 * `native herald ADDRESS home|partner TAKEN GIVEN FILE CONTROL...`: runs beside a gateway that two exit nodes keep, in its namespace, and follows
 * by the kernel's own notices whether ADDRESS is here. When it comes, and now and then while it stays, it tells everybody in FILE (an IPv4 address
 * a line, read each time) by a datagram to port TAKEN; a partner that loses it says so to port GIVEN. It keeps the flows' daemon, which
 * CONTROL with an option speaks to, from missing anything: what this kernel knows is given to the other one as long as the address is here.
 */
#define _GNU_SOURCE
#include "native.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds. Flows of the shortest life (30 s) are given again three times within it. */
enum { AGAIN_MS = 1000, HOME_SAYS_MS = 5000, GIVE_FLOWS_MS = 10000, ARGUMENTS_MAX = 32 };

/* After what has changed: a datagram may get lost. */
static const int said_after_ms[] = {0, 10, 30, 70, 150, 400};
enum { SAID_COUNT = sizeof said_after_ms / sizeof said_after_ms[0] };
/* After the start: the other one may be starting too. */
static const int asked_after_ms[] = {500, 2000, 5000, 10000, 15000};
enum { ASKED_COUNT = sizeof asked_after_ms / sizeof asked_after_ms[0] };

static struct {
  struct in6_addr address;
  bool is_partner;
  unsigned taken, given;
  const char *file;
  char **control;
  int controls;
  int out; /* the socket by which it speaks */
} self;

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say(unsigned port) {
  FILE *file = fopen(self.file, "re");
  char line[64];
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    line[strcspn(line, "\n")] = '\0';
    if (inet_pton(AF_INET, line, &to.sin_addr) == 1) sendto(self.out, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to);
  }
  fclose(file);
}

/* Nobody waits for it: the daemon may be starting, or be busy. */
static void control(const char *option, const char *argument) {
  char *argv[ARGUMENTS_MAX];
  int count = 0;
  for (; count < self.controls && count < ARGUMENTS_MAX - 3; count += 1) argv[count] = self.control[count];
  argv[count++] = (char *)option;
  if (argument != NULL) argv[count++] = (char *)argument;
  argv[count] = NULL;
  if (fork() != 0) return;
  execvp(argv[0], argv);
  _exit(127);
}

/* 1: the address has come, 0: it has gone, -1: the message says nothing of it. */
static int read_notice(const struct nlmsghdr *message) {
  if (message->nlmsg_type != RTM_NEWADDR && message->nlmsg_type != RTM_DELADDR) return -1;
  const struct ifaddrmsg *about = NLMSG_DATA(message);
  int left = (int)IFA_PAYLOAD(message);
  for (const struct rtattr *field = IFA_RTA(about); RTA_OK(field, left); field = RTA_NEXT(field, left)) {
    if (field->rta_type != IFA_ADDRESS || RTA_PAYLOAD(field) != sizeof self.address) continue;
    if (memcmp(RTA_DATA(field), &self.address, sizeof self.address) == 0) return message->nlmsg_type == RTM_NEWADDR;
  }
  return -1;
}

static int ask_for_addresses(int notices) {
  struct {
    struct nlmsghdr head;
    struct ifaddrmsg about;
  } request = {.head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
               .about = {.ifa_family = AF_INET6}};
  return send(notices, &request, sizeof request, 0) == (ssize_t)sizeof request ? 0 : -1;
}

static int open_notices(void) {
  int notices = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV6_IFADDR};
  if (notices < 0 || bind(notices, (struct sockaddr *)&local, sizeof local) < 0 || ask_for_addresses(notices) < 0) return -1;
  return notices;
}

/* What is waiting to be read; the last word counts. */
static int follow(int notices, int is_here) {
  static char buffer[1 << 16];
  ssize_t length = recv(notices, buffer, sizeof buffer, MSG_DONTWAIT);
  /* Notices were lost: look again. */
  if (length < 0) return ask_for_addresses(notices), is_here;
  unsigned left = (unsigned)length;
  for (const struct nlmsghdr *message = (const struct nlmsghdr *)buffer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
    int told = read_notice(message);
    if (told >= 0) is_here = told;
  }
  return is_here;
}

/* What is due at a moment; answers after how many milliseconds something will be. */
struct state {
  int is_here;
  bool was_here;
  int64_t changed_at, started_at, flows_at;
  int said, asked;
};

static bool speaks(const struct state *state) { return state->is_here || (state->was_here && self.is_partner); }

static int64_t next_saying(const struct state *state) {
  if (!speaks(state)) return INT64_MAX;
  if (state->said < SAID_COUNT) return state->changed_at + said_after_ms[state->said];
  int64_t next = state->changed_at + (int64_t)(state->said - SAID_COUNT + 1) * AGAIN_MS;
  return state->is_here && (self.is_partner || next - state->changed_at <= HOME_SAYS_MS) ? next : INT64_MAX;
}

static int64_t next_asking(const struct state *state) {
  return state->is_here || state->asked == ASKED_COUNT ? INT64_MAX : state->started_at + asked_after_ms[state->asked];
}

static int64_t next_giving(const struct state *state) { return state->is_here ? state->flows_at : INT64_MAX; }

static void change(struct state *state, int is_here) {
  if (is_here == state->is_here) return;
  state->was_here = state->is_here;
  state->is_here = is_here;
  state->changed_at = state->flows_at = now_ms();
  state->said = 0;
  fprintf(stderr, "%s\n", is_here ? "taken" : "given");
  /* What was given to the other one is that one's now, and is not to be given to it once more after it has ended. */
  if (!is_here) control("-f", "internal");
}

static void work(struct state *state) {
  int64_t now = now_ms();
  /* Who was stopped in between says it anew, and not as often as it was missed. */
  if (now >= next_saying(state)) {
    say(state->is_here ? self.taken : self.given);
    state->said += 1;
    while (state->said > SAID_COUNT && next_saying(state) <= now) state->said += 1;
  }
  if (now >= next_giving(state)) {
    control("-R", NULL);
    state->flows_at = now + GIVE_FLOWS_MS;
  }
  if (now >= next_asking(state)) {
    control("-n", NULL);
    state->asked += 1;
  }
}

static int64_t least(int64_t one, int64_t other) { return one < other ? one : other; }

int herald_main(int argc, char **argv) {
  if (argc < 7 || inet_pton(AF_INET6, argv[1], &self.address) != 1) {
    fprintf(stderr, "usage: native herald ADDRESS home|partner TAKEN GIVEN FILE CONTROL...\n");
    return 2;
  }
  self.is_partner = strcmp(argv[2], "partner") == 0;
  self.taken = (unsigned)atoi(argv[3]);
  self.given = (unsigned)atoi(argv[4]);
  self.file = argv[5];
  self.control = argv + 6;
  self.controls = argc - 6;
  signal(SIGCHLD, SIG_IGN);
  int notices = open_notices();
  self.out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (notices < 0 || self.out < 0) return perror("herald"), 1;
  struct state state = {.started_at = now_ms()};
  for (;;) {
    int64_t wait = least(next_saying(&state), least(next_asking(&state), next_giving(&state))) - now_ms();
    struct pollfd ready = {.fd = notices, .events = POLLIN};
    poll(&ready, 1, wait > 60000 ? 60000 : wait < 0 ? 0 : (int)wait);
    if (ready.revents != 0) change(&state, follow(notices, state.is_here));
    work(&state);
  }
}
