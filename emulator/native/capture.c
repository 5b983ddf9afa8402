/*
 * `native capture`: reads what to capture from stdin, a request a line, and captures from `start` until stdin ends or a signal comes:
 *
 *   memory BYTES                                     of all rings together
 *   snap BYTES                                       of each packet; without it what the MTU asks for
 *   filter COUNT PROGRAM                             classic BPF, `code,true,false,k` with spaces between; for the interfaces that follow
 *   interface NAME NAMESPACE INTERFACE DESCRIPTION   in the order of the file
 *   start
 *
 * stderr tells in lines: `error NAME WORDS` for what cannot be captured (then nothing is), `ready`, and at the end `end RECEIVED DROPPED`.
 */
#define _GNU_SOURCE
#include "capture.h"
#include "line.h"
#include "native.h"
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_DEFAULT = 64 << 20, RING_LEAST = 256 << 10, RING_MOST = 8 << 20, LINE_BYTES_MAX = 1 << 17, PACKETS_PER_TURN = 4096, THREADS = 64 };

static struct captured *captured;
static uint32_t count;
static size_t ring_bytes;

static int64_t real_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *start_some(void *first) {
  for (size_t index = (size_t)(intptr_t)first; index < count; index += THREADS) {
    if (!ring_start(&captured[index].ring, ring_bytes)) captured[index].error = errno;
  }
  return NULL;
}

static void *close_some(void *first) {
  for (size_t index = (size_t)(intptr_t)first; index < count; index += THREADS) ring_close(&captured[index].ring);
  return NULL;
}

/* Every ring is some thread's: whichever cannot be started has its share done here. */
static void for_all_rings(void *(*work)(void *first)) {
  pthread_t threads[THREADS];
  bool started[THREADS];
  for (intptr_t index = 0; index < THREADS; index += 1) {
    started[index] = (uint32_t)index < count && pthread_create(&threads[index], NULL, work, (void *)index) == 0;
    if (!started[index]) work((void *)index);
  }
  for (int index = 0; index < THREADS; index += 1) {
    if (started[index]) pthread_join(threads[index], NULL);
  }
}

static bool refuse(const struct captured *one, int error) {
  return capture_error(one->name, error == EPROTONOSUPPORT ? "packets of its kind of link cannot be told" : strerror(error));
}

/* Writes what the file begins with, then lets packets come. */
static bool open_rings(const struct capture_request *request) {
  size_t memory = request->memory == 0 ? MEMORY_DEFAULT : request->memory;
  ring_bytes = count == 0 ? 0 : memory / count;
  ring_bytes = ring_bytes < RING_LEAST ? RING_LEAST : ring_bytes > RING_MOST ? RING_MOST : ring_bytes;
  pcapng_section();
  for (uint32_t index = 0; index < count; index += 1) {
    struct captured *one = &captured[index];
    struct pcapng_interface described = {.name = one->name, .description = one->description};
    struct ring_options options = {.snap = request->snap, .filter = one->filter};
    struct stat status;
    if (fstat(one->namespace, &status) == 0) described.namespace = status.st_ino;
    if (!ring_open(&one->ring, one->namespace, one->interface, &options, &described.link)) return refuse(one, errno);
    /* What is captured keeps no namespace alive once its interfaces are gone. */
    close(one->namespace);
    pcapng_interface(&described);
  }
  for_all_rings(start_some);
  for (uint32_t index = 0; index < count; index += 1) {
    if (captured[index].error != 0) return refuse(&captured[index], captured[index].error);
  }
  return pcapng_flush();
}

/* Writes the packets of some rings in the order of their times, at most `most`; returns how many. */
static size_t write_packets(struct captured *const *ready, size_t ready_count, size_t most) {
  size_t written = 0;
  for (; written < most; written += 1) {
    struct captured *oldest = NULL;
    struct ring_packet packet, other;
    for (size_t index = 0; index < ready_count; index += 1) {
      if (!ring_peek(&ready[index]->ring, &other) || (oldest != NULL && packet.time_ns <= other.time_ns)) continue;
      oldest = ready[index];
      packet = other;
    }
    if (oldest == NULL) break;
    pcapng_packet((uint32_t)(oldest - captured), &packet);
    ring_drop(&oldest->ring);
  }
  return written;
}

/* Stdin and signals end the capture, the rest are rings. True when it goes on. */
static bool turn(int poll) {
  static struct epoll_event events[CAPTURE_INTERFACES_MAX + 2];
  static struct captured *ready[CAPTURE_INTERFACES_MAX];
  size_t ready_count = 0;
  bool goes_on = true;
  int amount = epoll_wait(poll, events, CAPTURE_INTERFACES_MAX + 2, -1);
  for (int index = 0; index < amount; index += 1) {
    uint32_t which = events[index].data.u32;
    if (which < count) {
      if ((events[index].events & EPOLLERR) != 0) ring_clear_error(&captured[which].ring);
      ready[ready_count++] = &captured[which];
    } else {
      char rest[256];
      ssize_t length = which > count ? 0 : read(STDIN_FILENO, rest, sizeof rest);
      if (length == 0 || (length < 0 && errno != EINTR)) goes_on = false;
    }
  }
  write_packets(ready, ready_count, PACKETS_PER_TURN);
  return pcapng_flush() && goes_on;
}

/* Everything that had passed when this was called: a flood that goes on cannot keep it from ending. */
static void finish(int64_t from_ns) {
  uint64_t all_received = 0, all_dropped = 0;
  int64_t until_ns = real_ns();
  struct captured **all = allocate((count + 1) * sizeof *all);
  size_t slots = 0;
  for (uint32_t index = 0; index < count; index += 1) {
    all[index] = &captured[index];
    slots += captured[index].ring.slots;
  }
  while (slots > 0) {
    size_t most = slots < PACKETS_PER_TURN ? slots : PACKETS_PER_TURN;
    size_t written = write_packets(all, count, most);
    slots = written < most || !pcapng_flush() ? 0 : slots - written;
  }
  free(all);
  for (uint32_t index = 0; index < count; index += 1) {
    uint64_t received, dropped;
    ring_counts(&captured[index].ring, &received, &dropped);
    pcapng_statistics(index, from_ns, until_ns, received, dropped);
    all_received += received;
    all_dropped += dropped;
  }
  pcapng_flush();
  char texts[2][24];
  snprintf(texts[0], sizeof texts[0], "%ju", (uintmax_t)all_received);
  snprintf(texts[1], sizeof texts[1], "%ju", (uintmax_t)all_dropped);
  line_write(STDERR_FILENO, (const char *const[]){"end", texts[0], texts[1]}, 3);
}

/* What wakes the loop: rings by their number, stdin as the number after, signals as the one after that. */
static int open_poll(int signals) {
  int poll = epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) return -1;
  struct epoll_event event = {.events = EPOLLIN};
  for (uint32_t index = 0; index < count; index += 1) {
    event.data.u32 = index;
    if (epoll_ctl(poll, EPOLL_CTL_ADD, captured[index].ring.fd, &event) != 0) return -1;
  }
  event.data.u32 = count;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) return -1;
  event.data.u32 = count + 1;
  return epoll_ctl(poll, EPOLL_CTL_ADD, signals, &event) == 0 ? poll : -1;
}

int capture_main(int argc, char **argv) {
  (void)argv;
  if (argc != 1) {
    fputs("usage: native capture (requests on stdin)\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, NULL);
  int signals = signalfd(-1, &ending, SFD_CLOEXEC);
  struct line_reader reader;
  line_reader_start(&reader, LINE_BYTES_MAX);
  raise_descriptor_limit();
  namespace_home();
  struct capture_request request = {0};
  if (!capture_request_read(&reader, &request)) return 1;
  captured = request.captured;
  count = request.count;
  if (!open_rings(&request)) return 1;
  line_reader_end(&reader);
  int poll = open_poll(signals);
  if (poll < 0) {
    perror("native capture: stdin has to be a pipe or a socket");
    return 70;
  }
  int64_t from_ns = real_ns();
  line_write(STDERR_FILENO, (const char *const[]){"ready"}, 1);
  while (turn(poll)) continue;
  finish(from_ns);
  for_all_rings(close_some);
  return 0;
}
