// libzip: archives, and the one that an XLSX workbook is.
#pragma once
#include <zip.h>
