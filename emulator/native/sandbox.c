/*
 * `native sandbox --name NAME --rootfs DIR [--bind FILE=NAME]... [--range FIRST]`: one lab. This process is the lab's holder outside;
 * it claims the name by an abstract socket (a lock that vanishes with its process), makes the sandbox (user, PID, mount, network,
 * IPC and UTS namespaces, ids mapped to a sub-range, the image as root and the old root gone) and waits for its first process. When
 * either dies, the kernel takes everything with it. Standard input and output go to the first process (sandbox_init.c).
 */
#define _GNU_SOURCE
#include "sandbox.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BINDS_MAX = 16, RANGE_LENGTH = 65536 };

struct options {
  const char *name;
  const char *rootfs;
  const char *binds[BINDS_MAX];
  int bind_count;
  unsigned range;
};

/* A line that the harness understands goes to standard output, as every answer does. */
__attribute__((format(printf, 2, 3))) static int failed(const char *code, const char *format, ...) {
  va_list arguments;
  int reason = errno;
  va_start(arguments, format);
  printf("error\t%s\t", code);
  vprintf(format, arguments);
  va_end(arguments);
  printf(reason == 0 ? "\n" : ": %s\n", strerror(reason));
  fflush(stdout);
  return 1;
}

static int claim(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "farmlab/lab/%u/%s", (unsigned)getuid(), name);
  if (length >= (int)sizeof address.sun_path - 1) return failed("name-too-long", "the lab name %s", name), -1;
  int lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (lock < 0 || bind(lock, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0) {
    failed(errno == EADDRINUSE ? "name-taken" : "claim", "claiming the lab name %s", name);
    return -1;
  }
  return listen(lock, 16) < 0 ? -1 : lock;
}

static int make_file(const char *path) {
  int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  return descriptor < 0 ? -1 : close(descriptor);
}

/* Device nodes of our own where the kernel lets us make them, else the host's bound in. */
static int make_device(const char *rootfs, const char *name, unsigned major_number, unsigned minor_number) {
  char path[4096], source[64];
  snprintf(path, sizeof path, "%s/dev/%s", rootfs, name);
  if (mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number)) == 0) return chmod(path, 0666);
  snprintf(source, sizeof source, "/dev/%s", name);
  return make_file(path) < 0 ? -1 : mount(source, path, NULL, MS_BIND, NULL);
}

static const char *make_devices(const char *rootfs) {
  static const struct {
    const char *name;
    unsigned major_number, minor_number;
  } devices[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}, {"net/tun", 10, 200}};
  static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
  char path[4096];
  snprintf(path, sizeof path, "%s/dev", rootfs);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID, "mode=755") < 0) return "mounting /dev";
  static const char *const directories[] = {"net", "pts", "shm"};
  for (unsigned index = 0; index < 3; index += 1) {
    snprintf(path, sizeof path, "%s/dev/%s", rootfs, directories[index]);
    if (mkdir(path, index == 2 ? 01777 : 0755) < 0) return "filling /dev";
  }
  for (unsigned index = 0; index < sizeof devices / sizeof devices[0]; index += 1) {
    if (make_device(rootfs, devices[index].name, devices[index].major_number, devices[index].minor_number) < 0) return devices[index].name;
  }
  for (unsigned index = 0; index < sizeof links / sizeof links[0]; index += 1) {
    snprintf(path, sizeof path, "%s/dev/%s", rootfs, links[index][1]);
    if (symlink(links[index][0], path) < 0) return "linking in /dev";
  }
  return NULL;
}

/* farmlab's own programs appear in /usr/lib/farmlab, read-only, without a file of the host being copied. */
static const char *bind_programs(const struct options *options) {
  char path[4096];
  snprintf(path, sizeof path, "%s/usr/lib/farmlab", options->rootfs);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0) return "mounting /usr/lib/farmlab";
  for (int index = 0; index < options->bind_count; index += 1) {
    const char *equals = strrchr(options->binds[index], '=');
    char *source = strndup(options->binds[index], (size_t)(equals - options->binds[index]));
    snprintf(path, sizeof path, "%s/usr/lib/farmlab/%s", options->rootfs, equals + 1);
    if (make_file(path) < 0 || mount(source, path, NULL, MS_BIND, NULL) < 0) return source;
    if (mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID, NULL) < 0) return source;
    free(source);
  }
  return NULL;
}

/* All of this in a mount namespace of the holder's own: the host's mounts do not change. */
static const char *prepare_root(const struct options *options) {
  if (unshare(CLONE_NEWNS) < 0) return "a mount namespace";
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
  if (mount(options->rootfs, options->rootfs, NULL, MS_BIND, NULL) < 0) return options->rootfs;
  const char *step = make_devices(options->rootfs);
  if (step == NULL) step = bind_programs(options);
  if (step != NULL) return step;
  if (mount(NULL, options->rootfs, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0) return "the image read-only";
  return chdir(options->rootfs) < 0 ? options->rootfs : NULL;
}

static int write_text(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  ssize_t amount = write(descriptor, text, strlen(text));
  close(descriptor);
  return amount == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_ids(pid_t child, unsigned range) {
  char path[64], text[64];
  snprintf(text, sizeof text, "0 %u %u\n", range, (unsigned)RANGE_LENGTH);
  snprintf(path, sizeof path, "/proc/%d/uid_map", (int)child);
  if (write_text(path, text) < 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/gid_map", (int)child);
  return write_text(path, text);
}

static int parse(int argc, char **argv, struct options *options) {
  memset(options, 0, sizeof *options);
  options->range = SANDBOX_RANGE_FIRST;
  for (int index = 1; index + 1 < argc; index += 2) {
    const char *value = argv[index + 1];
    if (strcmp(argv[index], "--name") == 0) options->name = value;
    else if (strcmp(argv[index], "--rootfs") == 0) options->rootfs = value;
    else if (strcmp(argv[index], "--range") == 0) options->range = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(argv[index], "--bind") == 0 && options->bind_count < BINDS_MAX && strchr(value, '=') != NULL) options->binds[options->bind_count++] = value;
    else return -1;
  }
  return options->name == NULL || options->rootfs == NULL ? -1 : 0;
}

/* Who connects to the lab's name learns the first process' id, if it is the same user or root. */
static void answer_who_asks(int lock, pid_t child) {
  int asker = accept4(lock, NULL, NULL, SOCK_CLOEXEC);
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (asker < 0) return;
  if (getsockopt(asker, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && (credentials.uid == 0 || credentials.uid == getuid())) {
    dprintf(asker, "%d\t%d\n", (int)getpid(), (int)child);
  }
  close(asker);
}

static int hold(int lock, pid_t child) {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  int ended = sandbox_signals(&handled);
  for (;;) {
    int status;
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    sandbox_wait_for(ended, lock);
    answer_who_asks(lock, child);
  }
}

int sandbox_main(int argc, char **argv) {
  struct options options;
  errno = 0;
  if (parse(argc, argv, &options) < 0) return failed("usage", "native sandbox --name NAME --rootfs DIR [--bind FILE=NAME]...");
  setsid();
  int lock = claim(options.name);
  if (lock < 0) return 1;
  const char *step = prepare_root(&options);
  if (step != NULL) return failed("prepare", "preparing the lab's root: %s", step);

  int mapped[2];
  if (pipe2(mapped, O_CLOEXEC) < 0) return failed("pipe", "pipe");
  unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
  pid_t child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
  if (child < 0) return failed("no-namespaces", "making namespaces");
  if (child == 0) {
    close(mapped[1]);
    close(lock);
    char byte;
    if (read(mapped[0], &byte, 1) != 1) _exit(1);
    close(mapped[0]);
    /* After the ids change: changing them clears the death signal. */
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) _exit(failed("ids", "taking the mapped root id"));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Changing ids made its /proc entries the outer root's; it must read those of its children. */
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_NAME, "farmlab-sandbox");
    _exit(sandbox_first_process(options.name));
  }
  close(mapped[0]);
  if (map_ids(child, options.range) < 0) {
    failed("ids", "mapping ids to %u", options.range);
    kill(child, SIGKILL);
    return 1;
  }
  if (write(mapped[1], "", 1) != 1) return failed("ids", "telling the sandbox of its ids");
  close(mapped[1]);
  /* Only the first process may keep the harness' pipes open: their end must reach it. */
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  prctl(PR_SET_NAME, "farmlab-holder");
  return hold(lock, child);
}
