/* SPDX-License-Identifier: MIT */
/* Long answers over FastCGI. */
#include "base/fcgi_record.h"

#include <errno.h>
#include <fastcgi.h>
#include <sys/uio.h>

/* Of a record: a multiple of eight bytes, so that none needs padding. */
#define MAX_CONTENT 65528

static FCGI_Header
header_of(int request_id, size_t len)
{
	return (FCGI_Header){
	    .version = FCGI_VERSION_1,
	    .type = FCGI_STDOUT,
	    .requestIdB1 = (unsigned char)(request_id >> 8 & 0xff),
	    .requestIdB0 = (unsigned char)(request_id & 0xff),
	    .contentLengthB1 = (unsigned char)(len >> 8),
	    .contentLengthB0 = (unsigned char)(len & 0xff),
	};
}

/* What is left of a piece of memory after its first `len` bytes, and of `len`
 * after it. */
static void
advance(struct iovec *piece, size_t *len)
{
	size_t n = *len < piece->iov_len ? *len : piece->iov_len;

	piece->iov_base = (char *)piece->iov_base + n;
	piece->iov_len -= n;
	*len -= n;
}

static bool
write_both(int fd, struct iovec pieces[2])
{
	while (pieces[1].iov_len > 0) {
		ssize_t n = writev(fd, pieces, 2);
		size_t done;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done = (size_t)n;
		advance(&pieces[0], &done);
		advance(&pieces[1], &done);
	}
	return true;
}

bool
fcgi_record_write(int fd, int request_id, const char *bytes, size_t len)
{
	/* writev(2) takes pointers that are not const, but only reads. */
	union {
		const char *from;
		void *to;
	} content = {.from = bytes};

	while (len > 0) {
		size_t n = len < MAX_CONTENT ? len : MAX_CONTENT;
		FCGI_Header header = header_of(request_id, n);
		struct iovec pieces[2] = {
		    {&header, sizeof(header)}, {content.to, n}};

		if (!write_both(fd, pieces))
			return false;
		content.from += n;
		len -= n;
	}
	return true;
}
