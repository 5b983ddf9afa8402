/* Daemons' logs, /var/log/farmlab/NAME.log, and that none of them grows for ever. */
#ifndef FARMLAB_SERVICE_LOG_H
#define FARMLAB_SERVICE_LOG_H

enum {
  SERVICE_LOG_BYTES_MAX = 4 << 20,   /* beyond this a log is cut */
  SERVICE_LOG_BYTES_KEPT = 64 << 10, /* to about this much of its end */
  SERVICE_LOG_LOOK_MS = 1000,
};

void service_log_setup(void);

/* Opened for appending; -1 with errno, also where something is in its place that is no file. */
int service_log_open(const char *name);

/* Cuts the log where it has grown too large. Its writers go on: they append. */
void service_log_bound(const char *name);

#endif
