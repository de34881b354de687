/* SPDX-License-Identifier: MIT */
/* The clock of the programs that tests use in place of the real ones: what
 * t/lib/Setlink/Clock.pm has set. It takes the place of src/base/clock.c. */
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "s3/sigv4.h"

/* The file stands beside that of the settings, whose name each process of an
 * instance has in its environment, a CGI program too. */
#define SUFFIX ".test-clock"

static usec_t
read_clock(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		abort();
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

/* What the file says; false when there is none. */
static bool
read_file(char *text, size_t size)
{
	const char *settings = getenv("SETLINK_ENV_FILE");
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	(void)snprintf(
	    path, sizeof(path), "%s" SUFFIX, settings == NULL ? "" : settings);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, size - 1);
	(void)close(fd);
	text[len > 0 ? len : 0] = '\0';
	return true;
}

/* "=N": it is N microseconds after 1970 until the file says otherwise. "+N"
 * and "-N": so many microseconds after or before the system's clock. */
usec_t
clock_now(void)
{
	usec_t real = read_clock(CLOCK_REALTIME), value;
	int saved = errno;
	char text[32], sign;

	if (read_file(text, sizeof(text))) {
		if (sscanf(text, "%c%" SCNd64, &sign, &value) != 2)
			abort();
		real = sign == '=' ? value
		    : sign == '-'  ? real - value
				   : real + value;
	}
	errno = saved;
	return real;
}

usec_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

bool __real_sigv4_presign(struct sigv4_signer *signer,
    const struct sigv4_url *url, struct buf *out, struct error *err) MUST_CHECK;
bool __wrap_sigv4_presign(struct sigv4_signer *signer,
    const struct sigv4_url *url, struct buf *out, struct error *err) MUST_CHECK;

/* MinIO's clock does not move with ours, so what is signed for it has the real
 * time. The linker puts this in place of sigv4_presign (ld, --wrap). */
bool
__wrap_sigv4_presign(struct sigv4_signer *signer, const struct sigv4_url *url,
    struct buf *out, struct error *err)
{
	struct sigv4_url real = *url;

	real.now = read_clock(CLOCK_REALTIME);
	return __real_sigv4_presign(signer, &real, out, err);
}
