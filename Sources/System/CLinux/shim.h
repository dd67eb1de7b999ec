// What glibc shows only under _GNU_SOURCE, or as variadic functions that Swift cannot call.
#pragma once
#include <pthread.h>

// Declared under _GNU_SOURCE only (pthread_setname_np(3)).
extern int pthread_setname_np(pthread_t thread, const char *name);

#include <spawn.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>

// Declared under _GNU_SOURCE only (posix_spawn_file_actions_addclosefrom_np(3)).
extern int posix_spawn_file_actions_addclosefrom_np(
    posix_spawn_file_actions_t *actions, int from);

#include <malloc.h>

// POSIX_SPAWN_SETSID is a macro that Swift does not see without _GNU_SOURCE (posix_spawn(3)).
static inline short sluice_spawn_setsid(void) { return 0x80; }
