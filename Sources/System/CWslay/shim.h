// wslay frames the WebSockets; epoll(7) and eventfd(2) drive the one thread that they live on.
// Glibc's Swift module leaves out sys/epoll.h and sys/eventfd.h.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <wslay/wslay.h>
