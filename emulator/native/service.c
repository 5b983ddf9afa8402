/* See service.h. */
#define _GNU_SOURCE
#include "service.h"
#include "service_log.h"
#include "service_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  SERVICES_MAX = 8192,
  STOP_GRACE_MS = 2000,
  RESTART_FIRST_MS = 100,
  RESTART_MOST_MS = 5000,
  STEADY_MS = 10000, /* after having run this long, the wait before a restart is the first one again */
};

struct service {
  struct service_program program;
  int restarts;
  pid_t pid; /* 0: not running */
  long long started_ms;
  long long due_ms; /* restart when not running, SIGKILL when stopping; 0: nothing due */
  int backoff_ms;
  int stopping;
};

static struct service *services[SERVICES_MAX];
static int service_count;
static long long look_at_logs_ms;
static void (*tell_of)(const char *what, const char *name, int number);
static void (*tell_stopped)(const char *name);

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void service_setup(void (*tell)(const char *, const char *, int), void (*stopped)(const char *)) {
  tell_of = tell;
  tell_stopped = stopped;
  service_log_setup();
}

static struct service *find(const char *name) {
  for (int index = 0; index < service_count; index += 1) {
    if (strcmp(services[index]->program.name, name) == 0) return services[index];
  }
  return NULL;
}

static struct service *find_running(pid_t pid) {
  for (int index = 0; index < service_count; index += 1) {
    if (services[index]->pid == pid) return services[index];
  }
  return NULL;
}

static void forget(struct service *service) {
  for (int index = 0; index < service_count; index += 1) {
    if (services[index] == service) services[index] = services[--service_count];
  }
  service_program_free(&service->program);
  free(service);
}

static int spawn(struct service *service, char *error, size_t error_size) {
  int result = service_process_start(&service->program, &service->pid, error, error_size);
  service->started_ms = now_ms();
  service->due_ms = 0;
  if (result == 0) tell_of("started", service->program.name, (int)service->pid);
  return result;
}

int service_start(char **fields, int count, char *error, size_t error_size) {
  struct service *known = find(fields[1]);
  if (known != NULL) {
    snprintf(error, error_size, "%s is %s", fields[1], known->stopping ? "being stopped" : "running already");
    return -1;
  }
  struct service *service = service_count == SERVICES_MAX ? NULL : calloc(1, sizeof *service);
  if (service == NULL) {
    snprintf(error, error_size, "no room for another service");
    return -1;
  }
  if (service_program_read(&service->program, fields + 1, count - 1, error, error_size) < 0) {
    free(service);
    return -1;
  }
  service->restarts = strcmp(fields[2], "always") == 0;
  service->backoff_ms = RESTART_FIRST_MS;
  if (service_count == 0) look_at_logs_ms = now_ms() + SERVICE_LOG_LOOK_MS;
  services[service_count++] = service;
  if (spawn(service, error, error_size) == 0) return 0;
  /* The failed child, if any, is reaped as an orphan would be. */
  forget(service);
  return -1;
}

int service_stop(const char *name) {
  struct service *service = find(name);
  if (service == NULL) return 0;
  if (service->pid == 0) {
    forget(service);
    return 0;
  }
  /* Who asks again waits for the same end, and does not put it off. */
  if (service->stopping) return 1;
  service->stopping = 1;
  service->due_ms = now_ms() + STOP_GRACE_MS;
  kill(service->pid, SIGTERM);
  kill(service->pid, SIGCONT);
  return 1;
}

int service_kill(const char *name, const char *signal_name, char *error, size_t error_size) {
  static const struct {
    const char *name;
    int number;
  } signals[] = {{"SIGKILL", SIGKILL}, {"SIGTERM", SIGTERM}, {"SIGSTOP", SIGSTOP}, {"SIGCONT", SIGCONT}, {"SIGHUP", SIGHUP}};
  struct service *service = find(name);
  for (unsigned index = 0; service != NULL && service->pid > 0 && index < sizeof signals / sizeof signals[0]; index += 1) {
    if (strcmp(signals[index].name, signal_name) != 0) continue;
    if (kill(service->pid, signals[index].number) == 0) return 0;
    snprintf(error, error_size, "%s: %s", name, strerror(errno));
    return -1;
  }
  snprintf(error, error_size, "%s is not running, or %s is no signal for it", name, signal_name);
  return -1;
}

void service_each(void (*visit)(const char *, pid_t, void *), void *context) {
  for (int index = 0; index < service_count; index += 1) {
    if (services[index]->pid > 0) visit(services[index]->program.name, services[index]->pid, context);
  }
}

void service_about_to_be_reaped(pid_t pid) {
  if (find_running(pid) != NULL) kill(-pid, SIGKILL);
}

void service_reaped(pid_t pid, int status) {
  struct service *service = find_running(pid);
  if (service == NULL) return;
  service->pid = 0;
  service->due_ms = 0;
  tell_of("exited", service->program.name, status);
  if (service->stopping) tell_stopped(service->program.name);
  if (service->stopping || !service->restarts) return forget(service);
  if (now_ms() - service->started_ms >= STEADY_MS) service->backoff_ms = RESTART_FIRST_MS;
  service->due_ms = now_ms() + service->backoff_ms;
  service->backoff_ms = service->backoff_ms * 2 > RESTART_MOST_MS ? RESTART_MOST_MS : service->backoff_ms * 2;
}

int service_next_due_ms(void) {
  if (service_count == 0) return -1;
  long long first = look_at_logs_ms;
  for (int index = 0; index < service_count; index += 1) {
    long long due = services[index]->due_ms;
    if (due != 0 && due < first) first = due;
  }
  long long left = first - now_ms();
  return left < 0 ? 0 : (int)left;
}

static void do_due(struct service *service) {
  char error[256];
  service->due_ms = 0;
  if (service->stopping) kill(service->pid, SIGKILL);
  else if (spawn(service, error, sizeof error) < 0 && service->pid == 0) service->due_ms = now_ms() + service->backoff_ms;
}

void service_do_due(void) {
  long long now = now_ms();
  int look = now >= look_at_logs_ms;
  for (int index = 0; index < service_count; index += 1) {
    struct service *service = services[index];
    if (look) service_log_bound(service->program.name);
    if (service->due_ms != 0 && service->due_ms <= now) do_due(service);
  }
  if (look) look_at_logs_ms = now + SERVICE_LOG_LOOK_MS;
}
