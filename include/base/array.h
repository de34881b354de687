/* SPDX-License-Identifier: MIT */
/* Arrays whose length the compiler knows. */
#ifndef SETLINK_BASE_ARRAY_H
#define SETLINK_BASE_ARRAY_H

/* The number of elements; not for a pointer, whose length nobody knows. */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
