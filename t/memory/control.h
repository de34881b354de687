/* SPDX-License-Identifier: MIT */
/* Which allocations fail: what t/lib/Setlink/Torture.pm has set. */
#ifndef SETLINK_T_MEMORY_CONTROL_H
#define SETLINK_T_MEMORY_CONTROL_H

#include <stdbool.h>

/* Use the file that TEST_MEMORY names; without it nothing fails. */
void memory_begin(void);

/* Count an allocation, and say whether it has to fail. */
bool memory_fails(void);

#endif
