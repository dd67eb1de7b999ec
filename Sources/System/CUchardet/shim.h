// libuchardet: guesses the encoding of a text.
#pragma once
#include <uchardet/uchardet.h>
