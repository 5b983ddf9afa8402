/*
 * `native run`: runs programs for a process that is costly to fork, many at once. Standard input has a line a request:
 * `run ID NAMESPACE INPUT PROGRAM ARGS...` (namespace `host`: where it is) and `kill ID`. When a program has ended, standard output gets
 * `ID CODE STDOUT-BYTES STDERR-BYTES` as a line and then these bytes; the code is 128 + n for a signal, as a shell's. Ends with its
 * input; programs that still run are left to run on. What they read and write lies in memory, so that it can be opened by name
 * (/dev/stdin), never waits for a reader, and is bounded.
 */
#define _GNU_SOURCE
#include "inner_namespace.h"
#include "line.h"
#include "native.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 64 << 20, OUTPUT_BYTES_MAX = 64 << 20, BEFORE_PROGRAM = 4 };
enum { REQUESTS = 0, SIGNALS = 1 };

static struct job {
  struct job *next;
  char *id;
  pid_t pid;
  int output, errors;
} *jobs;

/* The code for a namespace that cannot be entered, as `native in`'s. */
enum { NO_NAMESPACE = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static int write_all(int descriptor, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(descriptor, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

static void become(const char *namespace, int input, const struct job *job, char **argv) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  const struct rlimit most = {OUTPUT_BYTES_MAX, OUTPUT_BYTES_MAX};
  setrlimit(RLIMIT_FSIZE, &most);
  if (dup2(input, STDIN_FILENO) < 0 || dup2(job->output, STDOUT_FILENO) < 0 || dup2(job->errors, STDERR_FILENO) < 0) _exit(NO_NAMESPACE);
  if (strcmp(namespace, "host") != 0 && inner_namespace_join(namespace) < 0) {
    dprintf(STDERR_FILENO, "namespace %s: %s\n", namespace, strerror(errno));
    _exit(NO_NAMESPACE);
  }
  execvp(argv[0], argv);
  dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
  _exit(errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

/* Writes a file's bytes from its beginning. */
static int copy_out(int file, size_t length) {
  char bytes[65536];
  for (size_t done = 0; done < length;) {
    ssize_t count = pread(file, bytes, sizeof bytes < length - done ? sizeof bytes : length - done, (off_t)done);
    if (count <= 0 || write_all(STDOUT_FILENO, bytes, (size_t)count) < 0) return -1;
    done += (size_t)count;
  }
  return 0;
}

static size_t size_of(int file) {
  struct stat status;
  return file < 0 || fstat(file, &status) < 0 ? 0 : (size_t)status.st_size;
}

/* -1 when nobody takes the answer. */
static int answer(const struct job *job, int code) {
  char header[128];
  size_t output = size_of(job->output), errors = size_of(job->errors);
  int length = snprintf(header, sizeof header, "%s\t%d\t%zu\t%zu\n", job->id, code, output, errors);
  if (length >= (int)sizeof header || write_all(STDOUT_FILENO, header, (size_t)length) < 0) return -1;
  return copy_out(job->output, output) < 0 || copy_out(job->errors, errors) < 0 ? -1 : 0;
}

static void forget_job(struct job *job) {
  if (job->output >= 0) close(job->output);
  if (job->errors >= 0) close(job->errors);
  free(job->id);
  free(job);
}

/* fields: ID, NAMESPACE, INPUT, PROGRAM, ARGS..., NULL */
static int start_job(char **fields) {
  struct job *job = calloc(1, sizeof *job);
  if (job == NULL) return -1;
  int input = memfd_create("input", MFD_CLOEXEC);
  job->id = strdup(fields[0]);
  job->output = memfd_create("output", MFD_CLOEXEC);
  job->errors = memfd_create("errors", MFD_CLOEXEC);
  if (job->id == NULL) return -1;
  int ready = input >= 0 && job->output >= 0 && job->errors >= 0 && write_all(input, fields[2], strlen(fields[2])) == 0 &&
              lseek(input, 0, SEEK_SET) == 0;
  job->pid = ready ? fork() : -1;
  if (job->pid == 0) become(fields[1], input, job, fields + BEFORE_PROGRAM - 1);
  if (input >= 0) close(input);
  if (job->pid > 0) {
    job->next = jobs;
    jobs = job;
    return 0;
  }
  if (job->errors >= 0) dprintf(job->errors, "%s: %s\n", fields[3], strerror(errno));
  int result = answer(job, NOT_EXECUTABLE);
  forget_job(job);
  return result;
}

static void kill_job(const char *id) {
  for (struct job *job = jobs; job != NULL; job = job->next) {
    if (strcmp(job->id, id) == 0) kill(job->pid, SIGKILL);
  }
}

/* -1 for what is no request, or when nobody takes answers. */
static int do_request(char *line) {
  int most = 2;
  for (const char *byte = line; *byte != '\0'; byte += 1) most += *byte == '\t';
  char **fields = calloc((size_t)most, sizeof *fields);
  int count = fields == NULL ? -1 : line_split(line, fields, most - 1);
  int result = -1;
  if (count > BEFORE_PROGRAM && strcmp(fields[0], "run") == 0) {
    result = start_job(fields + 1);
  } else if (count == 2 && strcmp(fields[0], "kill") == 0) {
    kill_job(fields[1]);
    result = 0;
  }
  free(fields);
  return result;
}

static int reap(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    struct job **place = &jobs;
    while (*place != NULL && (*place)->pid != pid) place = &(*place)->next;
    struct job *job = *place;
    if (job == NULL) continue;
    *place = job->next;
    int result = answer(job, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    forget_job(job);
    if (result < 0) return -1;
  }
  return 0;
}

int run_main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  signal(SIGPIPE, SIG_IGN);
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  struct pollfd polls[] = {
      [REQUESTS] = {.fd = STDIN_FILENO, .events = POLLIN},
      [SIGNALS] = {.fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN},
  };
  struct line_reader reader;
  line_reader_start(&reader, REQUEST_BYTES_MAX);
  for (;;) {
    if (poll(polls, 2, -1) < 0 && errno != EINTR) return 1;
    struct signalfd_siginfo info;
    while (read(polls[SIGNALS].fd, &info, sizeof info) == sizeof info) {}
    if (reap() < 0) return 1;
    if (polls[REQUESTS].revents == 0) continue;
    int state = line_reader_fill(&reader, STDIN_FILENO);
    if (state <= 0) return state < 0;
    size_t length;
    for (char *line; (line = line_reader_next(&reader, &length)) != NULL; line_reader_drop(&reader, length)) {
      if (do_request(line) < 0) return 1;
    }
  }
}
