/* See service_process.h. */
#define _GNU_SOURCE
#include "service_process.h"
#include "inner_namespace.h"
#include "service_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START_WAIT_MS = 5000, NAME_BYTES_MAX = 200 };

static void free_list(char **list) {
  for (char **item = list; item != NULL && *item != NULL; item += 1) free(*item);
  free(list);
}

static char **copy_list(char **from, int count) {
  char **list = calloc((size_t)count + 1, sizeof *list);
  for (int index = 0; list != NULL && index < count; index += 1) {
    list[index] = strdup(from[index]);
    if (list[index] == NULL) {
      free_list(list);
      return NULL;
    }
  }
  return list;
}

/* It is a log file's name too. */
static int is_good_name(const char *name) {
  if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX) return 0;
  for (const char *byte = name; *byte != '\0'; byte += 1) {
    if (*byte == '/' || (unsigned char)*byte < ' ') return 0;
  }
  return 1;
}

/* What is wrong with them, or NULL. */
static const char *wrong_part(char **fields, int count) {
  char *end;
  long variables = strtol(fields[3], &end, 10);
  if (!is_good_name(fields[0])) return "name";
  if (strcmp(fields[1], "always") != 0 && strcmp(fields[1], "never") != 0) return "restart";
  if (strchr(fields[2], '/') != NULL) return "namespace";
  return *end != '\0' || end == fields[3] || variables < 0 || variables > count - 5 ? "number of variables" : NULL;
}

int service_program_read(struct service_program *program, char **fields, int count, char *error, size_t error_size) {
  const char *wrong = wrong_part(fields, count);
  if (wrong != NULL) {
    snprintf(error, error_size, "start: its %s is wrong", wrong);
    return -1;
  }
  int variables = atoi(fields[3]);
  program->name = strdup(fields[0]);
  program->namespace = strdup(fields[2]);
  program->environment = copy_list(fields + 4, variables);
  program->arguments = copy_list(fields + 4 + variables, count - 4 - variables);
  if (program->name != NULL && program->namespace != NULL && program->environment != NULL && program->arguments != NULL) return 0;
  service_program_free(program);
  snprintf(error, error_size, "no memory for another service");
  return -1;
}

void service_program_free(struct service_program *program) {
  free(program->name);
  free(program->namespace);
  free_list(program->environment);
  free_list(program->arguments);
  memset(program, 0, sizeof *program);
}

/* Daemons start with the signals as the kernel gives them, whatever farmlab-init does with its own. */
static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number += 1) signal(number, SIG_DFL);
}

/* In the child: everything up to exec; what fails is written to `report`. */
static void become(const struct service_program *program, int report) {
  const char *what = "its log";
  setsid();
  int log = service_log_open(program->name);
  if (log < 0) goto failed;
  what = "/dev/null";
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) goto failed;
  if (program->namespace[0] != '\0' && inner_namespace_join(program->namespace) < 0) {
    dprintf(report, "namespace %s: %s", program->namespace, strerror(errno));
    _exit(127);
  }
  for (char **variable = program->environment; *variable != NULL; variable += 1) putenv(*variable);
  what = program->arguments[0];
  reset_signals();
  execvp(program->arguments[0], program->arguments);
failed:
  dprintf(report, "%s: %s", what, strerror(errno));
  _exit(127);
}

/* What the child tells before it becomes the program: 0 for nothing, which is good. */
static int read_report(int report, char *error, size_t error_size) {
  struct pollfd polled = {.fd = report, .events = POLLIN};
  if (poll(&polled, 1, START_WAIT_MS) == 0) {
    snprintf(error, error_size, "it did not start within %d ms", START_WAIT_MS);
    return -1;
  }
  ssize_t amount = read(report, error, error_size - 1);
  if (amount == 0) return 0;
  error[amount > 0 ? amount : 0] = '\0';
  return -1;
}

int service_process_start(const struct service_program *program, pid_t *pid, char *error, size_t error_size) {
  int report[2];
  *pid = 0;
  if (pipe2(report, O_CLOEXEC) < 0) {
    snprintf(error, error_size, "pipe: %s", strerror(errno));
    return -1;
  }
  pid_t child = fork();
  if (child == 0) become(program, report[1]);
  close(report[1]);
  int result = -1;
  if (child < 0) snprintf(error, error_size, "fork: %s", strerror(errno));
  else result = read_report(report[0], error, error_size);
  close(report[0]);
  if (child > 0) *pid = child;
  if (child > 0 && result < 0) kill(child, SIGKILL);
  return result;
}
