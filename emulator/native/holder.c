/* See holder.h. */
#define _GNU_SOURCE
#include "holder.h"
#include "line.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

int holder_failed(const char *code, const char *format, ...) {
  va_list arguments;
  char text[1024];
  int reason = errno;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (reason != 0 && length >= 0 && length < (int)sizeof text) snprintf(text + length, sizeof text - (size_t)length, ": %s", strerror(reason));
  (void)line_write(STDOUT_FILENO, (const char *const[]){"error", code, text}, 3);
  return 1;
}

int holder_claim(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "farmlab/lab/%u/%s", (unsigned)getuid(), name);
  if (length >= (int)sizeof address.sun_path - 1) {
    errno = ENAMETOOLONG;
    holder_failed("name-too-long", "the lab name %s", name);
    return -1;
  }
  int lock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (lock < 0 || bind(lock, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) < 0) {
    holder_failed(errno == EADDRINUSE ? "name-taken" : "claim", "claiming the lab name %s", name);
    return -1;
  }
  if (listen(lock, BACKLOG) == 0) return lock;
  holder_failed("claim", "listening at the lab name %s", name);
  return -1;
}

void holder_answer(int lock, const char *text) {
  int asker = accept4(lock, NULL, NULL, SOCK_CLOEXEC);
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (asker < 0) return;
  /* Who asks and goes away must not end the lab. */
  if (getsockopt(asker, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 && (credentials.uid == 0 || credentials.uid == getuid()))
    (void)send(asker, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
  close(asker);
}
