/* SPDX-License-Identifier: MIT */
/* A bucket that answers what the input says: it stands in for src/s3/client.c.
 *
 * Each request takes a byte: mostly it is answered as it should be, by pages of
 * a listing whose keys are in order, by metadata and by waveforms; else by an
 * error, or by anything. Behind the end of the input the bucket is empty. */
#ifndef SETLINK_FUZZ_FAKE_S3_H
#define SETLINK_FUZZ_FAKE_S3_H

#include "fuzz.h"

struct fake_s3 {
	struct fuzz_input answers;
	unsigned place;   /* of the last key that was listed */
	unsigned pages;   /* that were listed */
	unsigned clients; /* that are open */
	bool nonsense;    /* it gave what libcurl or S3 never gives */
};

extern struct fake_s3 fake_s3;

void fake_s3_begin(const uint8_t *answers, size_t len);

#endif
