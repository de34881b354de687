/* SPDX-License-Identifier: MIT */
/* The canonical query string of a presigned URL. The parameters of the
 * signature are put together once a day, since they are most of it. */
#include "s3/sigv4_query.h"

#include <string.h>

#include "base/percent.h"

#define EXPIRES_DIGITS 6 /* of SIGV4_MAX_EXPIRES */

void
sigv4_query_free(struct sigv4_query *query)
{
	buf_free(&query->text);
	buf_free(&query->own);
	buf_free(&query->others);
}

/* `value` in decimal, exactly `width` digits. */
static void
put_digits(char *out, int value, int width)
{
	while (width-- > 0) {
		out[width] = (char)('0' + value % 10);
		value /= 10;
	}
}

void
sigv4_date(usec_t now, char out[SIGV4_DATE_SIZE])
{
	struct clock_fields at;

	clock_split(now, &at);
	put_digits(out, at.year, 4);
	put_digits(out + 4, at.month, 2);
	put_digits(out + 6, at.day, 2);
	out[8] = '\0';
}

void
sigv4_stamp(usec_t now, const char *date, char out[SIGV4_STAMP_SIZE])
{
	int second = (int)(now % USEC_PER_DAY / USEC_PER_SEC);

	memcpy(out, date, SIGV4_DATE_SIZE - 1);
	out[8] = 'T';
	put_digits(out + 9, second / 3600, 2);
	put_digits(out + 11, second / 60 % 60, 2);
	put_digits(out + 13, second % 60, 2);
	out[15] = 'Z';
	out[16] = '\0';
}

/* Append an own parameter whose value is encoded. */
static void
own_add(struct sigv4_query *query, enum sigv4_own i, const char *name,
    const char *value)
{
	size_t start = query->own.len;

	buf_puts(&query->own, name);
	query->pairs[i].name_len = query->own.len - start;
	buf_putc(&query->own, '=');
	buf_puts(&query->own, value);
	query->pairs[i].len = query->own.len - start;
}

/* Where the parameters are, now that the text does not move any more. */
static void
own_settle(struct sigv4_query *query)
{
	char *p = query->own.data;

	for (size_t i = 0; i < SIGV4_N_OWN; i++) {
		query->pairs[i].text = p;
		p += query->pairs[i].len;
		if (i == SIGV4_DATE)
			query->stamp = p - (SIGV4_STAMP_SIZE - 1);
		if (i == SIGV4_EXPIRES)
			query->expires = p - EXPIRES_DIGITS;
	}
}

bool
sigv4_query_day(struct sigv4_query *query, const char *access_key,
    const char *scope, struct error *err)
{
	struct buf credential = BUF_INIT;
	const char *encoded;

	percent_encode(&credential, access_key);
	buf_puts(&credential, "%2F");
	percent_encode(&credential, scope);
	encoded = buf_text(&credential);
	buf_reset(&query->own, SIGV4_SCRATCH);
	own_add(query, SIGV4_ALGORITHM, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
	own_add(query, SIGV4_CREDENTIAL, "X-Amz-Credential",
	    encoded == NULL ? "" : encoded);
	own_add(query, SIGV4_DATE, "X-Amz-Date", "00000000T000000Z");
	own_add(query, SIGV4_EXPIRES, "X-Amz-Expires", "000000");
	own_add(query, SIGV4_SIGNED_HEADERS, "X-Amz-SignedHeaders", "host");
	buf_free(&credential);
	if (encoded == NULL || query->own.failed)
		return error_memory(err);
	own_settle(query);
	return true;
}

static void
own_set(struct sigv4_query *query, const char *stamp, unsigned expires)
{
	int digits = 1;

	memcpy(query->stamp, stamp, SIGV4_STAMP_SIZE - 1);
	for (unsigned rest = expires; rest >= 10; rest /= 10)
		digits++;
	put_digits(query->expires, (int)expires, digits);
	query->pairs[SIGV4_EXPIRES].len = sizeof("X-Amz-Expires=") - 1 +
	    (size_t)digits;
}

static int
bytes_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order != 0)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

/* By name, then by value. Comparing "name=value" as a whole would put "a-=1"
 * before "a=1". */
static int
pair_compare(const struct sigv4_pair *a, const struct sigv4_pair *b)
{
	int order = bytes_compare(a->text, a->name_len, b->text, b->name_len);

	if (order != 0)
		return order;
	return bytes_compare(a->text + a->name_len, a->len - a->name_len,
	    b->text + b->name_len, b->len - b->name_len);
}

/* Insertion sort of a dozen pairs, of which the first `sorted` are. */
static void
pairs_sort(struct sigv4_pair *pairs, size_t sorted, size_t n)
{
	size_t i, j;

	for (i = sorted; i < n; i++) {
		struct sigv4_pair moved = pairs[i];

		for (j = i; j > 0; j--) {
			if (pair_compare(&pairs[j - 1], &moved) <= 0)
				break;
			pairs[j] = pairs[j - 1];
		}
		pairs[j] = moved;
	}
}

/* Encode the caller's parameters. */
static bool
others_encode(struct sigv4_query *query, const struct sigv4_url *url,
    struct sigv4_pair *pairs, struct error *err)
{
	struct buf *out = &query->others;
	size_t i, start = 0;

	buf_reset(out, SIGV4_SCRATCH);
	for (i = 0; i < url->n_params; i++, start = out->len) {
		percent_encode(out, url->params[i].name);
		pairs[i].name_len = out->len - start;
		buf_putc(out, '=');
		percent_encode(out, url->params[i].value);
		pairs[i].len = out->len - start;
	}
	if (out->failed)
		return error_memory(err);
	for (i = 0, start = 0; i < url->n_params; start += pairs[i++].len)
		pairs[i].text = out->data + start;
	return true;
}

bool
sigv4_query_build(struct sigv4_query *query, const struct sigv4_url *url,
    const char *stamp, struct error *err)
{
	struct sigv4_pair pairs[SIGV4_N_OWN + SIGV4_MAX_PARAMS];
	struct buf *out = &query->text;
	size_t i, n = SIGV4_N_OWN + url->n_params;

	own_set(query, stamp, url->expires);
	memcpy(pairs, query->pairs, sizeof(query->pairs));
	if (!others_encode(query, url, pairs + SIGV4_N_OWN, err))
		return false;
	pairs_sort(pairs, SIGV4_N_OWN, n);
	buf_reset(out, SIGV4_SCRATCH);
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, '&');
		buf_add(out, pairs[i].text, pairs[i].len);
	}
	return !out->failed || error_memory(err);
}
