// libmicrohttpd, and what Swift cannot call of it: variadic functions, va_list, and macros with casts.
#pragma once

// Our own choice of what microhttpd.h stands on, because it would take in sys/socket.h: its constants
// would then be this module's as well as Glibc's, and Swift files that import only Glibc would not
// find them any more.
#define MHD_PLATFORM_H 1
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/types.h>
#include <unistd.h>
struct sockaddr;
#include <microhttpd.h>

// What `cmicrohttpd_start` is told. `context` is handed to every callback; the settings must live as
// long as the daemon, because its log goes through them.
struct cmicrohttpd_settings {
  void *context;
  MHD_socket listen_socket;
  size_t memory_limit;
  size_t memory_increment;
  unsigned int connection_limit;
  unsigned int timeout_seconds;
  MHD_AccessHandlerCallback handle;
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection;
  void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
  void (*log)(void *context, const char *message);
};

// MHD's logger gets a va_list, which Swift cannot take.
static inline void cmicrohttpd_log(void *raw, const char *format, va_list arguments) {
  const struct cmicrohttpd_settings *settings = (const struct cmicrohttpd_settings *)raw;
  char message[1024];
  vsnprintf(message, sizeof message, format, arguments);
  settings->log(settings->context, message);
}

// The targets are decoded in Swift, strictly; MHD's decoding would be in vain.
static inline size_t cmicrohttpd_keep(
    void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

// MHD_start_daemon is variadic.
static inline struct MHD_Daemon *cmicrohttpd_start(const struct cmicrohttpd_settings *settings) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ITC
          | MHD_USE_ERROR_LOG,
      0, NULL, NULL, settings->handle, settings->context,
      MHD_OPTION_EXTERNAL_LOGGER, &cmicrohttpd_log, (void *)settings,  // first, so that all is logged
      MHD_OPTION_LISTEN_SOCKET, settings->listen_socket,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->memory_limit,
      MHD_OPTION_CONNECTION_MEMORY_INCREMENT, settings->memory_increment,
      MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
      MHD_OPTION_CONNECTION_TIMEOUT, settings->timeout_seconds,
      MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->context,
      MHD_OPTION_NOTIFY_CONNECTION, settings->connection, settings->context,
      MHD_OPTION_URI_LOG_CALLBACK, settings->target, settings->context,
      MHD_OPTION_UNESCAPE_CALLBACK, &cmicrohttpd_keep, NULL,
      MHD_OPTION_END);
}

// MHD_get_connection_info is variadic. -1 when unknown.
static inline MHD_socket cmicrohttpd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

static inline const struct sockaddr *cmicrohttpd_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

static inline size_t cmicrohttpd_head_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == NULL ? 0 : info->header_size;
}

// What the connection callback stored for the socket.
static inline void *cmicrohttpd_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

// MHD_set_connection_option is variadic. Only on the daemon's thread.
static inline void cmicrohttpd_set_timeout(struct MHD_Connection *connection, unsigned int seconds) {
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

// MHD_upgrade_action is variadic.
static inline enum MHD_Result cmicrohttpd_close_upgraded(struct MHD_UpgradeResponseHandle *handle) {
  return MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

// These are macros with casts, which Swift does not import.
static inline uint64_t cmicrohttpd_size_unknown(void) { return MHD_SIZE_UNKNOWN; }
static inline ssize_t cmicrohttpd_end_of_stream(void) { return MHD_CONTENT_READER_END_OF_STREAM; }
static inline ssize_t cmicrohttpd_end_with_error(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }
/// Lets the end of the connection be the end of the answer, without chunks; the function itself takes
/// variable arguments, which Swift cannot give.
static inline void cmicrohttpd_end_by_closing(struct MHD_Response *response) {
  if (response != NULL)
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

