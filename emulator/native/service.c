/* See service.h. */
#define _GNU_SOURCE
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  SERVICES_MAX = 8192,
  STOP_GRACE_MS = 2000,
  RESTART_FIRST_MS = 100,
  RESTART_MOST_MS = 5000,
  STEADY_MS = 10000, /* who ran this long starts again at once */
};

struct service {
  char *name;
  char *namespace;
  char **environment;
  char **arguments;
  int restarts;
  pid_t pid; /* 0: not running */
  long long started_ms;
  long long due_ms; /* restart when not running, SIGKILL when stopping; 0: nothing due */
  int backoff_ms;
  int stopping;
  int waiter; /* -1: nobody waits for its end */
};

static struct service **services;
static int service_count;
static void (*tell_of)(const char *what, const char *name, int number);
static void (*tell_stopped)(int waiter);

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void service_setup(void (*tell)(const char *, const char *, int), void (*stopped)(int)) {
  tell_of = tell;
  tell_stopped = stopped;
  mkdir("/var/log/farmlab", 0755);
}

static struct service *find(const char *name) {
  for (int index = 0; index < service_count; index += 1) {
    if (strcmp(services[index]->name, name) == 0) return services[index];
  }
  return NULL;
}

static void free_list(char **list) {
  for (char **item = list; item != NULL && *item != NULL; item += 1) free(*item);
  free(list);
}

static void forget(struct service *service) {
  for (int index = 0; index < service_count; index += 1) {
    if (services[index] == service) services[index] = services[--service_count];
  }
  free(service->name);
  free(service->namespace);
  free_list(service->environment);
  free_list(service->arguments);
  free(service);
}

static char **copy_list(char **from, int count) {
  char **list = calloc((size_t)count + 1, sizeof *list);
  for (int index = 0; list != NULL && index < count; index += 1) list[index] = strdup(from[index]);
  return list;
}

/* In the child: everything up to exec; what fails is written to `report`. */
static void become(const struct service *service, int report) {
  char path[512];
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  setsid();
  snprintf(path, sizeof path, "/var/log/farmlab/%s.log", service->name);
  int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (log < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) goto failed;
  if (service->namespace[0] != '\0') {
    snprintf(path, sizeof path, "/run/netns/%s", service->namespace);
    int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0 || setns(namespace, CLONE_NEWNET) < 0) goto failed;
  }
  for (char **variable = service->environment; *variable != NULL; variable += 1) putenv(*variable);
  execvp(service->arguments[0], service->arguments);
failed:
  dprintf(report, "%s: %s", service->arguments[0], strerror(errno));
  _exit(127);
}

static int spawn(struct service *service, char *error, size_t error_size) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) {
    snprintf(error, error_size, "pipe: %s", strerror(errno));
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) become(service, report[1]);
  close(report[1]);
  if (pid < 0) {
    snprintf(error, error_size, "fork: %s", strerror(errno));
    close(report[0]);
    return -1;
  }
  ssize_t amount = read(report[0], error, error_size - 1);
  close(report[0]);
  service->pid = pid;
  service->started_ms = now_ms();
  service->due_ms = 0;
  if (amount > 0) {
    error[amount] = '\0';
    return -1;
  }
  tell_of("started", service->name, (int)pid);
  return 0;
}

int service_start(char **fields, int count, char *error, size_t error_size) {
  int variables = atoi(fields[4]);
  int first_argument = 5 + variables;
  if (variables < 0 || first_argument >= count || strchr(fields[1], '/') != NULL || strchr(fields[3], '/') != NULL || fields[1][0] == '\0') {
    snprintf(error, error_size, "start: name, namespace or arguments are wrong");
    return -1;
  }
  if (find(fields[1]) != NULL) {
    snprintf(error, error_size, "%s is running already", fields[1]);
    return -1;
  }
  if (services == NULL) services = calloc(SERVICES_MAX, sizeof *services);
  struct service *service = services == NULL || service_count == SERVICES_MAX ? NULL : calloc(1, sizeof *service);
  if (service == NULL) {
    snprintf(error, error_size, "no room for another service");
    return -1;
  }
  service->name = strdup(fields[1]);
  service->restarts = strcmp(fields[2], "always") == 0;
  service->namespace = strdup(fields[3]);
  service->environment = copy_list(fields + 5, variables);
  service->arguments = copy_list(fields + first_argument, count - first_argument);
  service->waiter = -1;
  service->backoff_ms = RESTART_FIRST_MS;
  services[service_count++] = service;
  if (spawn(service, error, error_size) == 0) return 0;
  /* The failed child, if any, is reaped as an orphan would be. */
  forget(service);
  return -1;
}

int service_stop(const char *name, int waiter, char *error, size_t error_size) {
  struct service *service = find(name);
  if (service == NULL) return 0;
  if (service->pid == 0) {
    forget(service);
    return 0;
  }
  if (service->waiter >= 0) {
    snprintf(error, error_size, "%s is being stopped already", name);
    return -1;
  }
  service->stopping = 1;
  service->waiter = waiter;
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
    if (strcmp(signals[index].name, signal_name) == 0) return kill(service->pid, signals[index].number);
  }
  snprintf(error, error_size, "%s is not running, or %s is no signal for it", name, signal_name);
  return -1;
}

void service_forget_waiter(int waiter) {
  for (int index = 0; index < service_count; index += 1) {
    if (services[index]->waiter == waiter) services[index]->waiter = -1;
  }
}

void service_each(void (*visit)(const char *, pid_t, void *), void *context) {
  for (int index = 0; index < service_count; index += 1) {
    if (services[index]->pid > 0) visit(services[index]->name, services[index]->pid, context);
  }
}

void service_reaped(pid_t pid, int status) {
  for (int index = 0; index < service_count; index += 1) {
    struct service *service = services[index];
    if (service->pid != pid) continue;
    service->pid = 0;
    tell_of("exited", service->name, status);
    if (service->waiter >= 0) tell_stopped(service->waiter);
    if (service->stopping || !service->restarts) {
      forget(service);
      return;
    }
    if (now_ms() - service->started_ms >= STEADY_MS) service->backoff_ms = RESTART_FIRST_MS;
    service->due_ms = now_ms() + service->backoff_ms;
    service->backoff_ms = service->backoff_ms * 2 > RESTART_MOST_MS ? RESTART_MOST_MS : service->backoff_ms * 2;
    return;
  }
}

int service_next_due_ms(void) {
  long long first = 0;
  for (int index = 0; index < service_count; index += 1) {
    long long due = services[index]->due_ms;
    if (due != 0 && (first == 0 || due < first)) first = due;
  }
  if (first == 0) return -1;
  long long left = first - now_ms();
  return left < 0 ? 0 : (int)left;
}

void service_do_due(void) {
  for (int index = 0; index < service_count; index += 1) {
    struct service *service = services[index];
    if (service->due_ms == 0 || service->due_ms > now_ms()) continue;
    service->due_ms = 0;
    if (service->stopping) {
      kill(service->pid, SIGKILL);
      continue;
    }
    char error[256];
    if (service->pid == 0 && spawn(service, error, sizeof error) < 0 && service->pid == 0) service->due_ms = now_ms() + service->backoff_ms;
  }
}
