// SPDX-License-Identifier: Apache-2.0
// Library calls that must not compile here: unbounded, locale-bound or not re-entrant. The build
// includes this file before every source of ours. Use buf_*, arena_*, str_* and base/clock.h.
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
#ifndef __cplusplus

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets
#pragma GCC poison strtok atoi atol atoll atof
#pragma GCC poison rand srand localtime gmtime ctime asctime

#endif
#endif
