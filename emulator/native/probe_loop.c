/* The event loop of `native probe`: epoll, a heap of timers, and objects that are freed only after the events they may be in. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
  BATCH = 256,
  /* While anything has a deadline, the sockets are looked at this often; later is held up. */
  LOOK_MS = 100,
};

static int loop_fd = -1;
static struct source *dead;
static struct timer **heap;
static size_t heap_used, heap_room;
static int64_t held_up_us;

int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/*
 * The clock of deadlines. It stands still while this process is held up, as on a machine that is busy: who asks and who answers are both
 * here, and an answer that could not be given must not look like one that never came.
 */
int64_t deadline_clock_us(void) { return now_us() - held_up_us; }

static void count_held_up(int64_t since) {
  int64_t over = now_us() - since - LOOK_MS * 1000;
  if (over > 0) held_up_us += over;
}

void *allocate(size_t size) {
  void *memory = calloc(1, size);
  if (memory == NULL) {
    fputs("native probe: out of memory\n", stderr);
    exit(70);
  }
  return memory;
}

static void heap_put(size_t index, struct timer *timer) {
  heap[index] = timer;
  timer->place = index + 1;
}

static void heap_up(size_t index, struct timer *timer) {
  while (index > 0 && heap[(index - 1) / 2]->at > timer->at) {
    heap_put(index, heap[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  heap_put(index, timer);
}

static void heap_down(size_t index, struct timer *timer) {
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_used) break;
    if (child + 1 < heap_used && heap[child + 1]->at < heap[child]->at) child += 1;
    if (heap[child]->at >= timer->at) break;
    heap_put(index, heap[child]);
    index = child;
  }
  heap_put(index, timer);
}

void timer_cancel(struct timer *timer) {
  if (timer->place == 0) return;
  size_t index = timer->place - 1;
  struct timer *last = heap[--heap_used];
  timer->place = 0;
  if (last == timer) return;
  if (index > 0 && heap[(index - 1) / 2]->at > last->at) heap_up(index, last);
  else heap_down(index, last);
}

void timer_arm(struct timer *timer, int64_t at) {
  timer_cancel(timer);
  timer->at = at;
  if (heap_used == heap_room) {
    heap_room = heap_room == 0 ? 256 : heap_room * 2;
    heap = realloc(heap, heap_room * sizeof *heap);
    if (heap == NULL) exit(70);
  }
  heap_up(heap_used++, timer);
}

void loop_open(void) {
  loop_fd = epoll_create1(EPOLL_CLOEXEC);
  if (loop_fd < 0) {
    perror("native probe: epoll");
    exit(70);
  }
}

bool loop_add(struct source *source, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = source};
  return epoll_ctl(loop_fd, EPOLL_CTL_ADD, source->fd, &event) == 0;
}

void loop_change(struct source *source, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = source};
  epoll_ctl(loop_fd, EPOLL_CTL_MOD, source->fd, &event);
}

/* Closes it; its memory stays until the events at hand are done, since one of them may still point to it. */
void loop_bury(struct source *source) {
  if (source->fd >= 0) close(source->fd);
  source->fd = -1;
  source->next_dead = dead;
  dead = source;
}

/* The same, but gives the descriptor to the caller, still open. */
int loop_release(struct source *source) {
  int fd = source->fd;
  epoll_ctl(loop_fd, EPOLL_CTL_DEL, fd, NULL);
  source->fd = -1;
  loop_bury(source);
  return fd;
}

static void free_the_dead(void) {
  while (dead != NULL) {
    struct source *next = dead->next_dead;
    free(dead);
    dead = next;
  }
}

static void fire_timers(int64_t until) {
  while (heap_used > 0 && heap[0]->at <= until) {
    struct timer *timer = heap[0];
    timer_cancel(timer);
    timer->fire(timer);
  }
}

/*
 * Timers fire as of the moment before the sockets were last read: however late this process is scheduled, an answer that had
 * arrived by a deadline is read before the deadline counts as passed.
 */
void loop_run(const bool *ended, void (*after_each)(void)) {
  struct epoll_event events[BATCH];
  while (!*ended) {
    int64_t now = deadline_clock_us();
    int64_t wait = heap_used == 0 ? -1 : heap[0]->at <= now ? 0 : (heap[0]->at - now + 999) / 1000;
    int64_t waiting_since = now_us();
    int count = epoll_wait(loop_fd, events, BATCH, wait > LOOK_MS ? LOOK_MS : (int)wait);
    if (wait >= 0) count_held_up(waiting_since);
    int64_t working_since = now_us();
    if (count < 0 && errno != EINTR) {
      perror("native probe: epoll_wait");
      exit(70);
    }
    for (int index = 0; index < count; index += 1) {
      struct source *source = events[index].data.ptr;
      if (source->fd >= 0) source->ready(source, events[index].events);
    }
    if (count < BATCH) fire_timers(now);
    free_the_dead();
    after_each();
    count_held_up(working_since);
  }
}

void loop_close(void) {
  free_the_dead();
  free(heap);
  heap = NULL;
  heap_used = heap_room = 0;
  close(loop_fd);
}
