/*
 * A lab's first process: settles in its new root, then does what the harness asks on standard input (a line of fields, the last one
 * the length of a payload that follows where the request has one) and answers each with one line on standard output, in order. It
 * also hands node namespaces to whoever asks on the control socket. It ends when standard input does, unless told to `detach`; and with
 * it the kernel ends every process, namespace and mount of the lab.
 */
#define _GNU_SOURCE
#include "line.h"
#include "node.h"
#include "node_work.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES_MAX = 4096, REQUEST_FIELDS_MAX = 8, PAYLOAD_MAX = 16 << 20 };

static struct node nodes[NODES_MAX];
static int node_count;
static int own_net;
static int own_mount;

int sandbox_signals(const sigset_t *handled) {
  sigprocmask(SIG_BLOCK, handled, NULL);
  return signalfd(-1, handled, SFD_CLOEXEC | SFD_NONBLOCK);
}

void sandbox_wait_for(int ended, int other) {
  struct pollfd polls[2] = {{.fd = ended, .events = POLLIN}, {.fd = other, .events = POLLIN}};
  struct signalfd_siginfo info;
  do {
    poll(polls, 2, -1);
    if (polls[0].revents & POLLIN) {
      while (read(ended, &info, sizeof info) == sizeof info) continue;
      fcntl(other, F_SETFL, O_NONBLOCK);
      return;
    }
  } while (!(polls[1].revents & POLLIN));
}

static const char *settle(const char *name) {
  umask(022);
  if (sethostname(name, strlen(name)) < 0) return "naming the sandbox";
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
  /* Mounts that came from outside are locked; what is to become the root must be a mount of our own. By descriptor, not by path:
     the directories above the image may be closed to the mapped ids. */
  int image = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (image < 0 || move_mount(image, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0) return "binding the image";
  if (fchdir(image) < 0) return "entering the image";
  close(image);
  /* While the host's are still visible: the kernel demands that. */
  if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "mounting /proc";
  if (mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "mounting /sys";
  if (mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") < 0) return "mounting /dev/pts";
  if (mount("tmpfs", "run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0) return "mounting /run";
  if (mount("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0) return "mounting /tmp";
  if (syscall(SYS_pivot_root, ".", ".") < 0) return "changing the root";
  if (umount2(".", MNT_DETACH) < 0) return "leaving the old root";
  if (chdir("/") < 0) return "entering the new root";
  if (mkdir("/run/farmlab", 0755) < 0 || mkdir("/run/farmlab/nodes", 0755) < 0) return "filling /run";
  own_net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  own_mount = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  return own_net < 0 || own_mount < 0 ? "holding its namespaces" : NULL;
}

static struct node *find(const char *name) {
  for (int index = 0; index < node_count; index += 1) {
    if (strcmp(nodes[index].name, name) == 0) return &nodes[index];
  }
  return NULL;
}

static void answer(const char *first, const char *second, const char *third) {
  const char *fields[] = {first, second, third};
  if (line_write(STDOUT_FILENO, fields, third != NULL ? 3 : second != NULL ? 2 : 1) < 0) exit(0);
}

/* Where the traffic prober finds the node's network: /run/farmlab/nodes/NAME. */
static int show_network(const struct node *node) {
  char path[NODE_NAME_MAX + 32], source[64];
  snprintf(path, sizeof path, "/run/farmlab/nodes/%s", node->name);
  snprintf(source, sizeof source, "/proc/self/fd/%d", node->net);
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (file < 0) return -1;
  close(file);
  return mount(source, path, NULL, MS_BIND, NULL);
}

static void make_node(const char *name, const char *kind) {
  char error[512], descriptor[16], process[16];
  if (node_count == NODES_MAX || find(name) != NULL || strlen(name) >= NODE_NAME_MAX || strchr(name, '/') != NULL) {
    return answer("error", "node-name", "the name is taken, too long, or there are too many nodes");
  }
  struct node *node = &nodes[node_count];
  if (node_make(node, name, strcmp(kind, "init") == 0, error, sizeof error) < 0) return answer("error", "node", error);
  if (show_network(node) < 0) return answer("error", "node", strerror(errno));
  node_count += 1;
  snprintf(descriptor, sizeof descriptor, "%d", node->net);
  snprintf(process, sizeof process, "%d", (int)node->init);
  answer("ok", descriptor, process);
}

/* Requests about one node, done inside its namespaces; then back home. */
static void work_in_node(char **fields, int count, char *payload, size_t length) {
  struct node *node = count >= 2 ? find(fields[1]) : NULL;
  char error[512] = "request not understood";
  if (node == NULL) return answer("error", "no-node", count >= 2 ? fields[1] : "");
  int with_mount = strcmp(fields[0], "file") == 0 || strcmp(fields[0], "nft") == 0;
  if (setns(node->net, CLONE_NEWNET) < 0 || (with_mount && setns(node->mount, CLONE_NEWNS) < 0)) {
    return answer("error", "entering", strerror(errno));
  }
  int result = -1;
  if (strcmp(fields[0], "netlink") == 0) result = node_work_netlink(payload, length, error, sizeof error);
  else if (strcmp(fields[0], "sysctl") == 0) result = node_work_sysctl(payload, length, error, sizeof error);
  else if (strcmp(fields[0], "offloads") == 0) result = node_work_offloads(payload, length, error, sizeof error);
  else if (strcmp(fields[0], "nft") == 0) result = node_work_nft(payload, length, error, sizeof error);
  else if (strcmp(fields[0], "file") == 0 && count == 5) result = node_work_file(fields[2], fields[3], payload, length, error, sizeof error);
  if (setns(own_net, CLONE_NEWNET) < 0 || (with_mount && setns(own_mount, CLONE_NEWNS) < 0)) exit(1);
  if (result < 0) answer("error", fields[0], error);
  else answer("ok", NULL, NULL);
}

static int detached;

static void handle(char **fields, int count, char *payload, size_t length) {
  if (count == 3 && strcmp(fields[0], "node") == 0) make_node(fields[1], fields[2]);
  else if (count == 1 && strcmp(fields[0], "detach") == 0) {
    detached = 1;
    answer("ok", NULL, NULL);
  } else work_in_node(fields, count, payload, length);
}

static int has_payload(const char *request) {
  static const char *const with[] = {"netlink", "sysctl", "offloads", "nft", "file"};
  for (unsigned index = 0; index < sizeof with / sizeof with[0]; index += 1) {
    if (strcmp(with[index], request) == 0) return 1;
  }
  return 0;
}

/* Standard input's bytes, of which whole requests are done. 0: it ended. */
static int read_requests(struct line_reader *reader) {
  int state = line_reader_fill(reader, STDIN_FILENO);
  for (;;) {
    char *end = reader->used == 0 ? NULL : memchr(reader->bytes, '\n', reader->used);
    if (end == NULL) break;
    size_t line_length = (size_t)(end - reader->bytes);
    char *line = strndup(reader->bytes, line_length);
    char *fields[REQUEST_FIELDS_MAX];
    int count = line == NULL ? -1 : line_split(line, fields, REQUEST_FIELDS_MAX);
    size_t length = count > 1 && has_payload(fields[0]) ? strtoul(fields[count - 1], NULL, 10) : 0;
    if (count < 1 || length > PAYLOAD_MAX) return 0;
    if (reader->used < line_length + 1 + length) {
      free(line);
      break;
    }
    handle(fields, count, reader->bytes + line_length + 1, length);
    line_reader_drop(reader, line_length + 1 + length);
    free(line);
  }
  return state > 0;
}

static int listen_for_control(void) {
  struct sockaddr_un address;
  socklen_t length = node_control_address(&address);
  int control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (control < 0 || bind(control, (struct sockaddr *)&address, length) < 0 || listen(control, 64) < 0) return -1;
  return control;
}

static void answer_control(int control) {
  int asker = accept4(control, NULL, NULL, SOCK_CLOEXEC);
  if (asker < 0) return;
  /* Who is slow to ask must not hold up the lab. */
  struct timeval patience = {.tv_sec = 1};
  setsockopt(asker, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char name[NODE_NAME_MAX + 1];
  ssize_t amount = read(asker, name, sizeof name - 1);
  struct node *node = NULL;
  if (amount > 0) {
    name[amount] = '\0';
    name[strcspn(name, "\n")] = '\0';
    node = find(name);
  }
  if (node != NULL) (void)node_send_namespaces(asker, node);
  else if (write(asker, "", 1) < 0) errno = 0;
  close(asker);
}

int sandbox_first_process(const char *name) {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  signal(SIGPIPE, SIG_IGN);
  const char *step = settle(name);
  int control = step == NULL ? listen_for_control() : -1;
  if (step == NULL && control < 0) step = "listening for control";
  if (step != NULL) return answer("error", step, strerror(errno)), 1;
  int children = sandbox_signals(&handled);
  struct line_reader reader;
  line_reader_start(&reader, PAYLOAD_MAX + 65536);
  answer("ready", NULL, NULL);

  int input = STDIN_FILENO;
  for (;;) {
    struct pollfd polls[3] = {{.fd = children, .events = POLLIN}, {.fd = control, .events = POLLIN}, {.fd = input, .events = POLLIN}};
    if (poll(polls, 3, -1) < 0 && errno != EINTR) return 1;
    if (polls[0].revents & POLLIN) {
      struct signalfd_siginfo info;
      while (read(children, &info, sizeof info) == sizeof info) continue;
      while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    }
    if (polls[1].revents & POLLIN) answer_control(control);
    if (polls[2].revents && read_requests(&reader) == 0) {
      if (!detached) return 0;
      close(STDIN_FILENO);
      input = -1;
    }
  }
}
