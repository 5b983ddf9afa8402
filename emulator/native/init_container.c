/* See init_container.h. */
#define _GNU_SOURCE
#include "init_container.h"
#include "limits.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define NETWORK_SETTINGS "/proc/sys/net"

static int memory_at(const char *path, const char *options) { return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options); }

static int directory(const char *path) { return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0; }

const char *init_container_settle(void) {
  umask(022);
  /* Of memory, as in a sandbox: they are empty again after a reboot of the node. */
  if (memory_at("/run", NODE_STATE_SIZE ",mode=755") < 0) return "mounting /run";
  if (memory_at("/tmp", NODE_TMP_SIZE ",mode=1777") < 0) return "mounting /tmp";
  if (directory("/run/farmlab") < 0 || directory("/run/netns") < 0) return "filling /run";
  if (directory("/var/log/farmlab") < 0 || memory_at("/var/log/farmlab", NODE_LOG_SIZE ",mode=755") < 0) return "mounting /var/log/farmlab";
  /* The engine leaves all settings read-only. Those of the network are the node's own; the others are the machine's. */
  if (mount(NETWORK_SETTINGS, NETWORK_SETTINGS, NULL, MS_BIND, NULL) < 0) return "binding " NETWORK_SETTINGS;
  if (mount(NULL, NETWORK_SETTINGS, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) return "making " NETWORK_SETTINGS " writable";
  return NULL;
}
