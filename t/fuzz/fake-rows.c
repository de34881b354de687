/* SPDX-License-Identifier: MIT */
/* The values in the rows of the fake database. */
#include "fake-rows.h"
#include "base/array.h"

/* 32 bytes in hex. */
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

const char *const fake_mysql_words[] = {
    "DJ Anna",
    "solo",
    "b2b",
    "special",
    "auto",
    "manual",
    "pending",
    "approved",
    "rejected",
    "main",
    "Living Room",
    "hmac-sha256-weighted-1",
    "9dd4e461268c8034f5c8564e155c67a6",
    "",
    ZEROS,
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "=1+1",
    "\"; \\ \r\n",
    "\xf0\x9f\x8e\xa7 \xc3\xbc",
    "<&>,;\t'",
    "none-0-1795397288982000",
    "{\"a\":[1]}",
    "start",
    "across",
    "later",
    "playing",
    "waiting",
    "skipped",
    /* The SHA-256 of 32 zeros. */
    "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925",
};
const size_t fake_mysql_words_count = LENGTH(fake_mysql_words);

struct uuid
fake_mysql_id(size_t index)
{
	struct uuid id = {{0x8e, 0x2c, 0x1d, 0x34, 0x91, 0xf7, 0x7b, 0x8e, 0xa1,
	    0xb5, 0x6d, 0x5b, 0x7c, 0x9e, 0x3f, 0}};

	id.bytes[15] = (unsigned char)(index % FAKE_IDS);
	return id;
}

/* 0 to 63, or what may be the largest of a column. */
static int64_t
make_number(unsigned choice, bool any, bool wide)
{
	static const int64_t large[] = {
	    100, 1000, 3600, 86400, 604800, 1000000, INT32_MAX, 64};
	static const int64_t wild[] = {
	    -1, INT32_MIN, INT32_MAX, -64, -1000000, UINT16_MAX, -86400, 1};
	static const int64_t wider[] = {-1, INT64_MIN, INT64_MAX,
	    INT64_C(1) << 62, UINT32_MAX, CLOCK_MAX, CLOCK_MIN, INT32_MIN};

	if (choice < 0x80)
		return choice & 0x3f;
	if (!any)
		return large[choice & 7] * (wide ? 1000 : 1);
	return wide ? wider[choice & 7] : wild[choice & 7];
}

static double
make_decimal(unsigned choice, bool any)
{
	static const double usual[] = {0, 0.1, 0.5, 1, 1.5, 2, 10, 1000};
	static const double wild[] = {
	    -1, 1e300, -1e300, 1e-300, 1e18, 9.3e18, -0.0, 0.3};

	return any ? wild[choice & 7] : usual[choice & 7];
}

/* Around now in steps of ten minutes, or any fields. */
static MYSQL_TIME
make_time(unsigned choice, bool any)
{
	usec_t t = fake_mysql.now + ((usec_t)choice - 112) * 10 * USEC_PER_MIN;
	struct clock_fields f;

	if (any && (choice & 1) != 0)
		return (MYSQL_TIME){.year = choice * 40,
		    .month = choice % 14,
		    .day = choice % 33,
		    .hour = choice % 26,
		    .minute = choice % 62,
		    .second = choice % 62,
		    .second_part = choice * 4000UL,
		    .time_type = MYSQL_TIMESTAMP_DATETIME};
	clock_split(t, &f);
	return (MYSQL_TIME){.year = (unsigned)f.year,
	    .month = (unsigned)f.month,
	    .day = (unsigned)f.day,
	    .hour = (unsigned)f.hour,
	    .minute = (unsigned)f.minute,
	    .second = (unsigned)f.second,
	    .second_part = (unsigned long)f.usec,
	    .time_type = MYSQL_TIMESTAMP_DATETIME};
}

/* The text in the script, up to the next NUL. */
static char *
spelled_out(void)
{
	struct fuzz_input *in = &fake_mysql.script;
	const char *from = in->left == 0 ? "" : (const char *)in->at;
	size_t len = strnlen(from, in->left);
	/* Not malloc(3), which is short of memory at times. */
	char *text = reallocarray(NULL, len + 1, 1);

	in->at += len < in->left ? len + 1 : len;
	in->left -= len < in->left ? len + 1 : len;
	if (text != NULL) {
		memcpy(text, from, len);
		text[len] = '\0';
	}
	return text;
}

/* A word, or a text that the script spells out. */
static void
make_text(struct fake_stmt *stmt, size_t i, unsigned choice)
{
	size_t len;

	free(stmt->texts[i]);
	if (stmt->email[i])
		stmt->texts[i] = strdup(FAKE_EMAIL);
	else if (stmt->hex[i] && choice % 2 == 0)
		stmt->texts[i] = strdup(ZEROS);
	else if (choice >= 0xc0)
		stmt->texts[i] = spelled_out();
	else
		stmt->texts[i] = strdup(
		    fake_mysql_words[choice % fake_mysql_words_count]);
	if (stmt->texts[i] == NULL)
		abort();
	len = strlen(stmt->texts[i]);
	/* A NUL within it, as a column may hold one. */
	if (stmt->nonsense && len > 2 && (choice & 3) == 3)
		stmt->texts[i][len / 2] = '\0';
	stmt->lengths[i] = len;
}

static void
make_id(const MYSQL_BIND *bind, unsigned choice, bool any)
{
	struct uuid id = fake_mysql_id(choice);

	*bind->length = sizeof(id.bytes);
	memcpy(bind->buffer, id.bytes, sizeof(id.bytes));
	if (any && (choice & 8) != 0)
		*bind->length = choice & 7;
}

void
fake_cell(struct fake_stmt *stmt, size_t i)
{
	const MYSQL_BIND *bind = &stmt->binds[i];
	unsigned choice = fake_mysql_byte() & (stmt->count[i] ? 0x3f : 0xff);
	int64_t number = make_number(choice, stmt->nonsense, stmt->wide[i]);
	double decimal = make_decimal(choice, stmt->nonsense);
	MYSQL_TIME time = make_time(choice, stmt->nonsense);

	if (stmt->truth[i] && !stmt->nonsense)
		number &= 1;
	*bind->is_null = choice >= 0xe0;
	if (*bind->is_null)
		return;
	if (bind->buffer_type == MYSQL_TYPE_LONGLONG) {
		memcpy(bind->buffer, &number, sizeof(number));
	} else if (bind->buffer_type == MYSQL_TYPE_DOUBLE) {
		memcpy(bind->buffer, &decimal, sizeof(decimal));
	} else if (bind->buffer_type == MYSQL_TYPE_DATETIME) {
		memcpy(bind->buffer, &time, sizeof(time));
	} else if (bind->buffer != NULL) {
		make_id(bind, choice, stmt->nonsense);
	} else {
		make_text(stmt, i, choice);
		*bind->length = stmt->lengths[i];
	}
}
