/* SPDX-License-Identifier: MIT */
/* Prometheus' text format, version 0.0.4. */
#ifndef SETLINK_API_EXPOSITION_H
#define SETLINK_API_EXPOSITION_H

#include "base/buf.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What comes next are samples of this metric. `type` is "gauge" or "counter".
 * The names are our own words, the help is encoded. */
void exposition_begin(
    struct buf *out, const char *name, const char *type, const char *help);

/* A sample; label is NULL for none, and `text` its value, any text. */
void exposition_sample(struct buf *out, const char *name, const char *label,
    const char *text, double value);

#endif
