/* SPDX-License-Identifier: MIT */
/* The database's error numbers, and the making of parameters. */
#include "base/array.h"
#include "base/error.h"
#include "db/connection.h"
#include "tap.h"

/* Numbers, not names: they are what servers of all versions send. */
static const struct {
	unsigned number;
	enum error_code code;
	bool lost; /* the connection is of no use any more */
} numbers[] = {
    {0, ERROR_MEMORY, true},
    {1020, ERROR_RETRY, false},
    {1205, ERROR_RETRY, false},
    {1213, ERROR_RETRY, false},
    {1062, ERROR_DUPLICATE, false},
    {2001, ERROR_UNAVAILABLE, false},
    {2002, ERROR_UNAVAILABLE, false},
    {2003, ERROR_UNAVAILABLE, false},
    {2004, ERROR_UNAVAILABLE, false},
    {2005, ERROR_UNAVAILABLE, false},
    {2012, ERROR_UNAVAILABLE, false},
    {2059, ERROR_UNAVAILABLE, false},
    {1043, ERROR_UNAVAILABLE, false},
    {1158, ERROR_UNAVAILABLE, false},
    {1159, ERROR_UNAVAILABLE, false},
    {1160, ERROR_UNAVAILABLE, false},
    {1161, ERROR_UNAVAILABLE, false},
    {1184, ERROR_UNAVAILABLE, false},
    {2006, ERROR_UNAVAILABLE, true},
    {2013, ERROR_UNAVAILABLE, true},
    {2026, ERROR_UNAVAILABLE, false},
    {2055, ERROR_UNAVAILABLE, true},
    {1040, ERROR_UNAVAILABLE, false},
    {1044, ERROR_UNAVAILABLE, false},
    {1045, ERROR_UNAVAILABLE, false},
    {1047, ERROR_RETRY, true},
    {1243, ERROR_UNAVAILABLE, true},
    {1461, ERROR_UNAVAILABLE, false},
    {1049, ERROR_UNAVAILABLE, false},
    {1053, ERROR_UNAVAILABLE, true},
    {1054, ERROR_UNAVAILABLE, false},
    {1129, ERROR_UNAVAILABLE, false},
    {1130, ERROR_UNAVAILABLE, false},
    {1142, ERROR_UNAVAILABLE, false},
    {1146, ERROR_UNAVAILABLE, false},
    {1203, ERROR_UNAVAILABLE, false},
    {1226, ERROR_UNAVAILABLE, false},
    {1290, ERROR_UNAVAILABLE, false},
    {1317, ERROR_UNAVAILABLE, false},
    {1021, ERROR_UNAVAILABLE, false},
    {1114, ERROR_UNAVAILABLE, false},
    {1180, ERROR_UNAVAILABLE, false},
    {1836, ERROR_UNAVAILABLE, false},
    {1004, ERROR_UNAVAILABLE, false},
    {1016, ERROR_UNAVAILABLE, false},
    {1017, ERROR_UNAVAILABLE, false},
    {1024, ERROR_UNAVAILABLE, false},
    {1026, ERROR_UNAVAILABLE, false},
    {1030, ERROR_UNAVAILABLE, false},
    {1033, ERROR_UNAVAILABLE, false},
    {1034, ERROR_UNAVAILABLE, false},
    {1037, ERROR_UNAVAILABLE, false},
    {1038, ERROR_UNAVAILABLE, false},
    {1041, ERROR_UNAVAILABLE, false},
    {1135, ERROR_UNAVAILABLE, false},
    {1143, ERROR_UNAVAILABLE, false},
    {1156, ERROR_UNAVAILABLE, true},
    {1176, ERROR_UNAVAILABLE, false},
    {1180, ERROR_UNAVAILABLE, false},
    {1194, ERROR_UNAVAILABLE, false},
    {1206, ERROR_UNAVAILABLE, false},
    {1227, ERROR_UNAVAILABLE, false},
    {1364, ERROR_UNAVAILABLE, false},
    {1412, ERROR_RETRY, false},
    {1615, ERROR_UNAVAILABLE, true},
    {1698, ERROR_UNAVAILABLE, false},
    {1792, ERROR_UNAVAILABLE, false},
    {1812, ERROR_UNAVAILABLE, false},
    {1814, ERROR_UNAVAILABLE, false},
    {1820, ERROR_UNAVAILABLE, false},
    {1862, ERROR_UNAVAILABLE, false},
    {1874, ERROR_UNAVAILABLE, false},
    {1878, ERROR_UNAVAILABLE, false},
    {1881, ERROR_UNAVAILABLE, false},
    {1932, ERROR_UNAVAILABLE, false},
    {2000, ERROR_UNAVAILABLE, false},
    {2001, ERROR_UNAVAILABLE, false},
    {2007, ERROR_UNAVAILABLE, false},
    {2027, ERROR_UNAVAILABLE, true},
    {2061, ERROR_UNAVAILABLE, false},
    {4151, ERROR_UNAVAILABLE, false},
    {1927, ERROR_UNAVAILABLE, true},
    {1969, ERROR_UNAVAILABLE, false},
    {4031, ERROR_UNAVAILABLE, true},
    {2008, ERROR_MEMORY, true},
    {2014, ERROR_INTERNAL, true},
    {1064, ERROR_INTERNAL, false},
    {1048, ERROR_INTERNAL, false},
    {1366, ERROR_INTERNAL, false},
    {1406, ERROR_INTERNAL, false},
    {1451, ERROR_INTERNAL, false},
    {4025, ERROR_INTERNAL, false},
    {99999, ERROR_INTERNAL, false},
    {4294967295, ERROR_INTERNAL, false},
};

static void
test_numbers(void)
{
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		unsigned number = numbers[i].number;

		tap_is_str(error_name(db_error_code(number)),
		    error_name(numbers[i].code), "number %u", number);
		tap_ok(db_error_is_lost(number) == numbers[i].lost,
		    "the connection is %s",
		    numbers[i].lost ? "lost" : "not lost");
	}
}

/* Each number has one of the few codes that callers know of. */
static void
test_all_numbers(void)
{
	unsigned strange = 0, lost_and_retried = 0;

	for (unsigned i = 1; i < 10000; i++) {
		switch (db_error_code(i)) {
		case ERROR_RETRY:
			lost_and_retried += db_error_is_lost(i);
			break;
		case ERROR_DUPLICATE:
		case ERROR_UNAVAILABLE:
		case ERROR_MEMORY:
		case ERROR_INTERNAL:
			break;
		default:
			strange++;
		}
	}
	tap_is_int(strange, 0, "no number has another code");
	tap_is_int(lost_and_retried, 1,
	    "what is run again has a connection, but for 1047");
}

static void
test_retryable(void)
{
	for (int i = 0; i < ERROR__MAX; i++)
		tap_ok(
		    db_is_retryable((enum error_code)i) == (i == ERROR_RETRY),
		    "%s is %s again", error_name((enum error_code)i),
		    i == ERROR_RETRY ? "run" : "not run");
}

static void
test_values(void)
{
	const struct uuid id = {.bytes = {1, [15] = 0xff}};
	struct db_value value = db_int(INT64_MIN);

	tap_ok(value.type == DB_INT && value.as.number == INT64_MIN, "integer");
	value = db_double(-0.5);
	tap_ok(value.type == DB_DOUBLE && value.as.decimal == -0.5, "double");
	value = db_text("J\xc3\xbcrgen");
	tap_ok(value.type == DB_TEXT && value.as.text.len == 7, "text");
	tap_is_str(value.as.text.bytes, "J\xc3\xbcrgen", "its bytes");
	value = db_text("");
	tap_ok(value.type == DB_TEXT && value.as.text.len == 0,
	    "the empty text is not NULL");
	value = db_uuid(&id);
	tap_ok(value.type == DB_UUID && uuid_compare(&value.as.id, &id) == 0,
	    "UUID");
	value = db_time(CLOCK_MIN);
	tap_ok(value.type == DB_TIME && value.as.time == CLOCK_MIN, "time");
	tap_ok(db_null().type == DB_NULL && db_text(NULL).type == DB_NULL &&
		db_uuid(NULL).type == DB_NULL,
	    "NULL");
}

int
main(void)
{
	test_numbers();
	test_all_numbers();
	test_retryable();
	test_values();
	return tap_done();
}
