/* SPDX-License-Identifier: MIT */
/* The system below a fuzz target: a clock that only pauses move, random numbers
 * that are known, memory that is short once, and a look at the log. It takes
 * the place of src/base/clock.c, and by ld --wrap that of the functions of the
 * C library which Makefile.am names. */
#ifndef SETLINK_FUZZ_FAKE_SYSTEM_H
#define SETLINK_FUZZ_FAKE_SYSTEM_H

#include "base/clock.h"
#include "fuzz.h"

struct fake_system {
	usec_t now;    /* the wall clock at first */
	usec_t passed; /* since then */
	/* While the code under test runs: memory may be short, and what is
	 * written to stderr is a line of the log, not shown. */
	bool watched;
	unsigned allocations_left; /* 1: the next one fails; 0: none does */
	bool memory_was_short;
	void (*check_line)(const char *line, size_t len); /* may be NULL */
};

extern struct fake_system fake_system;

#endif
