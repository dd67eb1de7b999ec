// libcurl, with the two functions that Swift cannot call because they are variadic: curl_easy_setopt
// and curl_easy_getinfo. There is one wrapper for each kind of value, since a value of another size
// than the option wants is read as garbage and no compiler says so.
#pragma once
#include <curl/curl.h>

// Numbers and switches (CURLOPTTYPE_LONG): exactly a long.
static inline CURLcode sluice_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

// Sizes of files (CURLOPTTYPE_OFF_T): 64 bits wherever we run.
static inline CURLcode sluice_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

// Texts: libcurl makes a copy of its own (but not of CURLOPT_POSTFIELDS: see the next).
static inline CURLcode sluice_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

// Pointers that libcurl keeps and hands to a callback, or reads or writes while it works.
static inline CURLcode sluice_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

// Lists of headers: the caller frees them after the handle.
static inline CURLcode sluice_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

// Callbacks have one wrapper for each signature: a void * could take any function, this cannot.
// CURLOPT_READFUNCTION, CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION share theirs.
static inline CURLcode sluice_curl_set_data_callback(
    CURL *handle, CURLoption option, size_t (*callback)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode sluice_curl_set_seek_callback(CURL *handle, curl_seek_callback callback) {
  return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, callback);
}

static inline CURLcode sluice_curl_set_progress_callback(CURL *handle, curl_xferinfo_callback callback) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
}

// Numbers that libcurl tells after a transfer.
static inline CURLcode sluice_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
