/* nft programs in nodes, any number at once; see node_work.h. What they read and say is in files without a name, so none waits for us. */
#define _GNU_SOURCE
#include "node_work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct running {
  char node[64];
  pid_t pid; /* 0 once it has ended */
  int status;
  int said;
  struct running *next;
};

static struct running *all;

static int file_with(const char *payload, size_t length) {
  int file = memfd_create("ruleset", MFD_CLOEXEC);
  while (file >= 0 && length > 0) {
    ssize_t amount = write(file, payload, length);
    if (amount < 0 && errno == EINTR) continue;
    if (amount <= 0) {
      close(file);
      return -1;
    }
    payload += amount;
    length -= (size_t)amount;
  }
  if (file >= 0) lseek(file, 0, SEEK_SET);
  return file;
}

static void become_nft(int input, int output) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2) {
    char *environment[] = {NULL};
    execle("/usr/sbin/nft", "nft", "-f", "-", (char *)NULL, environment);
  }
  dprintf(output, "/usr/sbin/nft: %s", strerror(errno));
  _exit(127);
}

int node_nft_start(const char *node, const char *payload, size_t length, char *error, size_t error_size) {
  struct running *one = calloc(1, sizeof *one);
  int input = file_with(payload, length);
  int output = memfd_create("said", MFD_CLOEXEC);
  pid_t pid = one == NULL || input < 0 || output < 0 ? -1 : fork();
  if (pid == 0) become_nft(input, output);
  if (pid < 0) snprintf(error, error_size, "starting nft: %s", strerror(errno));
  if (input >= 0) close(input);
  if (pid < 0) {
    if (output >= 0) close(output);
    free(one);
    return -1;
  }
  snprintf(one->node, sizeof one->node, "%s", node);
  one->pid = pid;
  one->said = output;
  one->next = all;
  all = one;
  return 0;
}

void node_nft_reaped(pid_t pid, int status) {
  for (struct running *one = all; one != NULL; one = one->next) {
    if (one->pid != pid) continue;
    one->pid = 0;
    one->status = status;
  }
}

int node_nft_settle(char *error, size_t error_size) {
  int result = 0;
  while (all != NULL) {
    struct running *one = all;
    while (one->pid != 0 && waitpid(one->pid, &one->status, 0) < 0 && errno == EINTR) continue;
    if (one->status != 0 && result == 0) {
      int used = snprintf(error, error_size, "%s: ", one->node);
      ssize_t amount = pread(one->said, error + used, error_size - (size_t)used - 1, 0);
      error[used + (amount > 0 ? amount : 0)] = '\0';
      result = -1;
    }
    close(one->said);
    all = one->next;
    free(one);
  }
  return result;
}
