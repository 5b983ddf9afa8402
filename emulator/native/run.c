/*
 * `native run`: runs programs for a process that is costly to fork, many at once. Standard input has a line a request:
 * `run ID NAMESPACE INPUT PROGRAM ARGS...` (namespace `host`: where it is), `end ID` (SIGTERM) and `kill ID`. When a program has ended,
 * standard output gets `ID CODE STDOUT-BYTES STDERR-BYTES` as a line and then these bytes; the code is 128 + n for a signal, as a shell's.
 * What a program leaves running is not waited for. Ends with its input; programs that still run are left to run on. A program's input lies
 * in memory, so that it can be opened by name (/dev/stdin). One that writes too much is told to end.
 */
#define _GNU_SOURCE
#include "inner_namespace.h"
#include "line.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_BYTES_MAX = 64 << 20, OUTPUT_BYTES_MAX = 64 << 20, BEFORE_PROGRAM = 4 };
enum { REQUESTS = 0, SIGNALS = 1, FIRST_OUTPUT = 2 };
enum { OUTPUT = 0, ERRORS = 1, OUTPUTS = 2 };

/* What a program has written to one of its outputs so far. */
struct written {
  int pipe; /* -1 when nothing more comes */
  char *bytes;
  size_t used, size;
};

static struct job {
  struct job *next;
  char *id;
  pid_t pid;
  struct written outputs[OUTPUTS];
  int told_to_end;
} *jobs;
static size_t job_count;

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

static void become(const char *namespace, int input, const int outputs[OUTPUTS], char **argv) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(input, STDIN_FILENO) < 0 || dup2(outputs[OUTPUT], STDOUT_FILENO) < 0 || dup2(outputs[ERRORS], STDERR_FILENO) < 0) _exit(NO_NAMESPACE);
  if (strcmp(namespace, "host") != 0 && inner_namespace_join(namespace) < 0) {
    dprintf(STDERR_FILENO, "namespace %s: %s\n", namespace, strerror(errno));
    _exit(NO_NAMESPACE);
  }
  execvp(argv[0], argv);
  dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
  _exit(errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

static void close_output(struct written *written) {
  if (written->pipe >= 0) close(written->pipe);
  written->pipe = -1;
}

/* Room for some more bytes; 0 when there is none. */
static size_t make_room(struct written *written) {
  enum { ROOM = 16384 };
  if (written->size - written->used >= ROOM) return written->size - written->used;
  size_t size = written->size * 2 + ROOM;
  char *bytes = realloc(written->bytes, size);
  if (bytes == NULL) return 0;
  written->bytes = bytes;
  written->size = size;
  return size - written->used;
}

static void add_text(struct written *written, const char *text) {
  size_t length = strlen(text);
  if (make_room(written) < length) return;
  memcpy(written->bytes + written->used, text, length);
  written->used += length;
}

/* Takes all that is there. What comes after too much is read and dropped, so that the program can end. */
static void take_output(struct job *job, struct written *written) {
  static char dropped[65536];
  while (written->pipe >= 0) {
    size_t room = job->told_to_end ? 0 : make_room(written);
    ssize_t count = room > 0 ? read(written->pipe, written->bytes + written->used, room) : read(written->pipe, dropped, sizeof dropped);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) close_output(written);
    else if (room > 0) written->used += (size_t)count;
    if (job->told_to_end || (room > 0 && written->used <= OUTPUT_BYTES_MAX)) continue;
    job->told_to_end = 1;
    if (written->used > OUTPUT_BYTES_MAX) written->used = OUTPUT_BYTES_MAX;
    if (job->pid > 0) kill(job->pid, SIGTERM);
    char text[64];
    snprintf(text, sizeof text, "ended after %d bytes of output\n", OUTPUT_BYTES_MAX);
    add_text(&job->outputs[ERRORS], text);
  }
}

/* -1 when nobody takes the answer. */
static int answer(const struct job *job, int code) {
  const struct written *output = &job->outputs[OUTPUT], *errors = &job->outputs[ERRORS];
  char header[128];
  int length = snprintf(header, sizeof header, "%s\t%d\t%zu\t%zu\n", job->id, code, output->used, errors->used);
  if (length >= (int)sizeof header || write_all(STDOUT_FILENO, header, (size_t)length) < 0) return -1;
  return write_all(STDOUT_FILENO, output->bytes, output->used) < 0 ? -1 : write_all(STDOUT_FILENO, errors->bytes, errors->used);
}

static void forget_job(struct job *job) {
  for (int index = 0; index < OUTPUTS; index += 1) {
    close_output(&job->outputs[index]);
    free(job->outputs[index].bytes);
  }
  free(job->id);
  free(job);
}

/* Both pipes of a program: this process reads without waiting. */
static int open_outputs(struct job *job, int ends[OUTPUTS]) {
  for (int index = 0; index < OUTPUTS; index += 1) {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) < 0) return -1;
    job->outputs[index].pipe = pipe[0];
    ends[index] = pipe[1];
    if (fcntl(pipe[0], F_SETFL, O_NONBLOCK) < 0) return -1;
  }
  return 0;
}

/* fields: ID, NAMESPACE, INPUT, PROGRAM, ARGS..., NULL */
static int start_job(char **fields) {
  struct job *job = calloc(1, sizeof *job);
  if (job == NULL) return -1;
  int ends[OUTPUTS] = {-1, -1};
  for (int index = 0; index < OUTPUTS; index += 1) job->outputs[index].pipe = -1;
  job->id = strdup(fields[0]);
  if (job->id == NULL) return -1;
  int input = memfd_create("input", MFD_CLOEXEC);
  int ready = input >= 0 && write_all(input, fields[2], strlen(fields[2])) == 0 && lseek(input, 0, SEEK_SET) == 0 &&
              open_outputs(job, ends) == 0;
  job->pid = ready ? fork() : -1;
  if (job->pid == 0) become(fields[1], input, ends, fields + BEFORE_PROGRAM - 1);
  int reason = errno;
  if (input >= 0) close(input);
  for (int index = 0; index < OUTPUTS; index += 1) {
    if (ends[index] >= 0) close(ends[index]);
  }
  if (job->pid > 0) {
    job->next = jobs;
    jobs = job;
    job_count += 1;
    return 0;
  }
  add_text(&job->outputs[ERRORS], fields[3]);
  add_text(&job->outputs[ERRORS], ": ");
  add_text(&job->outputs[ERRORS], strerror(reason));
  add_text(&job->outputs[ERRORS], "\n");
  int result = answer(job, NOT_EXECUTABLE);
  forget_job(job);
  return result;
}

static void signal_job(const char *id, int number) {
  for (struct job *job = jobs; job != NULL; job = job->next) {
    if (strcmp(job->id, id) == 0) kill(job->pid, number);
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
  } else if (count == 2 && (strcmp(fields[0], "end") == 0 || strcmp(fields[0], "kill") == 0)) {
    signal_job(fields[1], strcmp(fields[0], "end") == 0 ? SIGTERM : SIGKILL);
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
    job_count -= 1;
    job->pid = 0; /* the number may be another process' by now */
    for (int index = 0; index < OUTPUTS; index += 1) take_output(job, &job->outputs[index]);
    int result = answer(job, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    forget_job(job);
    if (result < 0) return -1;
  }
  return 0;
}

/* Waits for requests, for the end of a program, and for what programs write; takes the latter. -1 on failure. */
static int wait_for_work(struct pollfd **polls) {
  struct pollfd *all = realloc(*polls, (FIRST_OUTPUT + OUTPUTS * job_count) * sizeof *all);
  if (all == NULL) return -1;
  *polls = all;
  nfds_t count = FIRST_OUTPUT;
  for (struct job *job = jobs; job != NULL; job = job->next) {
    /* poll() passes by what is -1. */
    for (int index = 0; index < OUTPUTS; index += 1) all[count++] = (struct pollfd){.fd = job->outputs[index].pipe, .events = POLLIN};
  }
  if (poll(all, count, -1) < 0) {
    for (nfds_t index = 0; index < count; index += 1) all[index].revents = 0;
    return errno == EINTR ? 0 : -1;
  }
  count = FIRST_OUTPUT;
  for (struct job *job = jobs; job != NULL; job = job->next) {
    for (int index = 0; index < OUTPUTS; index += 1) {
      if (all[count++].revents != 0) take_output(job, &job->outputs[index]);
    }
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
  struct pollfd *polls = calloc(FIRST_OUTPUT, sizeof *polls);
  if (polls == NULL) return 1;
  polls[REQUESTS] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  polls[SIGNALS] = (struct pollfd){.fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN};
  struct line_reader reader;
  line_reader_start(&reader, REQUEST_BYTES_MAX);
  for (;;) {
    if (wait_for_work(&polls) < 0) return 1;
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
