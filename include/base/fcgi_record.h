/* SPDX-License-Identifier: MIT */
/* Long answers over FastCGI. libfcgi copies them and hands over 8 KB at a time,
 * and the web server is woken for each: a fifth of what a list costs. */
#ifndef SETLINK_BASE_FCGI_RECORD_H
#define SETLINK_BASE_FCGI_RECORD_H

#include <stdbool.h>
#include <stddef.h>

/* Write `bytes` to the web server's connection as records of FCGI_STDOUT
 * (FastCGI Specification 1.0, 3.3 and 5.3) of one request. What libfcgi has
 * been given before is to be flushed first. False when the connection is
 * broken. */
bool fcgi_record_write(int fd, int request_id, const char *bytes, size_t len);

#endif
