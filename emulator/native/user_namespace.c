/* See user_namespace.h. */
#define _GNU_SOURCE
#include "user_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_FOUND = 127 };

/* Runs `newuidmap PROCESS 0 OWN 1 1 FIRST 65535`, or newgidmap; its exit code. */
static int write_map(const char *program, pid_t process, unsigned own, unsigned first) {
  char target[16], own_id[16], first_id[16], count[16];
  snprintf(target, sizeof target, "%d", (int)process);
  snprintf(own_id, sizeof own_id, "%u", own);
  snprintf(first_id, sizeof first_id, "%u", first);
  snprintf(count, sizeof count, "%u", (unsigned)ID_COUNT - 1);
  pid_t child = fork();
  if (child == 0) {
    /* Whose standard output this is takes no words of others. */
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0) _exit(1);
    execlp(program, program, target, "0", own_id, "1", "1", first_id, count, NULL);
    _exit(NOT_FOUND);
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Stays outside, where it has the user's rights; exits with the code of the first program that failed, 64 more for the second one. */
static void write_maps(pid_t process, int entered, unsigned users, unsigned groups) {
  char byte;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (read(entered, &byte, 1) != 1) _exit(0);
  int code = write_map("newuidmap", process, getuid(), users);
  if (code != 0) _exit(code == NOT_FOUND ? 2 : 1);
  code = write_map("newgidmap", process, getgid(), groups);
  _exit(code == 0 ? 0 : code == NOT_FOUND ? 4 : 3);
}

static const char *const failures[] = {"", "newuidmap refused", "starting newuidmap", "newgidmap refused", "starting newgidmap"};

const char *user_namespace_enter(unsigned users, unsigned groups) {
  int entered[2], status;
  pid_t process = getpid();
  if (pipe2(entered, O_CLOEXEC) < 0) return "a pipe";
  pid_t mapper = fork();
  if (mapper < 0) return "a second process";
  if (mapper == 0) {
    close(entered[1]);
    write_maps(process, entered[0], users, groups);
  }
  close(entered[0]);
  int refused = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
  if (refused == 0 && write(entered[1], "", 1) != 1) refused = errno;
  close(entered[1]);
  if (waitpid(mapper, &status, 0) != mapper) return "mapping ids";
  errno = refused;
  if (refused != 0) return "a user namespace";
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  errno = code == 2 || code == 4 ? ENOENT : 0;
  return code == 0 ? NULL : failures[code <= 4 ? code : 1];
}
