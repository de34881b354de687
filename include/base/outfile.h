/* SPDX-License-Identifier: MIT */
/* A file that is there as a whole, or not at all. */
#ifndef SETLINK_BASE_OUTFILE_H
#define SETLINK_BASE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct outfile;

/* Begin to write what will be the file `path`, which only its owner may read;
 * until outfile_keep it has another name, which goes when a signal ends the
 * program. One at a time. "-" is standard output. NULL with `err` set. */
struct outfile *outfile_open(const char *path, struct error *err) MUST_CHECK;

bool outfile_write(struct outfile *out, const void *bytes, size_t len,
    struct error *err) MUST_CHECK;

/* All is written: it is on the disk, and has its name, when this returns. */
bool outfile_keep(struct outfile *out, struct error *err) MUST_CHECK;

/* What was not kept goes. */
void outfile_close(struct outfile *out);

#endif
