// iconv(3) of glibc, which Glibc's Swift module leaves out.
#pragma once
#include <iconv.h>
