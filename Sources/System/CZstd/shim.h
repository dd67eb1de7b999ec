// libzstd: streaming decompression.
#pragma once
#include <zstd.h>
