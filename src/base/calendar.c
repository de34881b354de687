/* SPDX-License-Identifier: MIT */
/* Time stamps: the calendar and RFC 3339. */
#include "base/clock.h"

#define SECONDS_PER_DAY 86400

/* Days since 1970-01-01. Years are counted from March, so that the leap day
 * is the last of its year; an era is 400 years, 146097 days. */
static int64_t
days_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400; /* years are never negative here */
	int year_of_era = y - era * 400;
	int day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 -
	    year_of_era / 100 + day_of_year;

	return (int64_t)era * 146097 + day_of_era - 719468;
}

/* The inverse of days_from_civil. */
static void
civil_from_days(int64_t days, struct clock_fields *out)
{
	int64_t shifted = days + 719468;
	int era = (int)(shifted / 146097);
	int doe = (int)(shifted - (int64_t)era * 146097);
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;

	out->day = doy - (153 * mp + 2) / 5 + 1;
	out->month = mp < 10 ? mp + 3 : mp - 9;
	out->year = yoe + era * 400 + (out->month <= 2 ? 1 : 0);
}

void
clock_split(usec_t t, struct clock_fields *out)
{
	const int64_t day_usec = SECONDS_PER_DAY * USEC_PER_SEC;
	int64_t days = t / day_usec;
	int64_t rest = t % day_usec;

	if (rest < 0) {
		rest += day_usec;
		days--;
	}
	civil_from_days(days, out);
	out->usec = (int)(rest % USEC_PER_SEC);
	rest /= USEC_PER_SEC;
	out->hour = (int)(rest / 3600);
	out->minute = (int)(rest / 60 % 60);
	out->second = (int)(rest % 60);
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

bool
clock_join(const struct clock_fields *in, usec_t *out)
{
	int64_t days;

	if (in->year < 1 || in->year > 9999 || in->month < 1 ||
	    in->month > 12 || in->day < 1 ||
	    in->day > days_in_month(in->year, in->month))
		return false;
	if (in->hour < 0 || in->hour > 23 || in->minute < 0 ||
	    in->minute > 59 || in->second < 0 || in->second > 60 ||
	    in->usec < 0 || in->usec >= USEC_PER_SEC)
		return false;
	days = days_from_civil(in->year, in->month, in->day);
	*out = (days * SECONDS_PER_DAY + in->hour * 3600 + in->minute * 60 +
		   in->second) *
		USEC_PER_SEC +
	    in->usec;
	return true;
}

/* Exactly `n` digits at *p; *p is moved past them. */
static bool
digits(const char **p, const char *end, int n, int *out)
{
	int value = 0;

	if (end - *p < n)
		return false;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*out = value;
	return true;
}

static bool
literal(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	(*p)++;
	return true;
}

/* time-secfrac: at least one digit when there is a point. */
static bool
fraction(const char **p, const char *end, int *usec)
{
	int scale = 100000;

	*usec = 0;
	if (!literal(p, end, '.'))
		return true;
	if (*p == end || **p < '0' || **p > '9')
		return false;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		*usec += (**p - '0') * scale;
		scale /= 10;
	}
	return true;
}

/* time-offset: Z or ±hh:mm, in minutes. */
static bool
offset(const char **p, const char *end, int *minutes)
{
	int hour, minute, sign;

	*minutes = 0;
	if (*p == end)
		return false;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		return true;
	}
	if (**p != '+' && **p != '-')
		return false;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!digits(p, end, 2, &hour) || !literal(p, end, ':') ||
	    !digits(p, end, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = sign * (hour * 60 + minute);
	return true;
}

bool
clock_parse(const char *text, size_t len, usec_t *out)
{
	const char *p = text, *end = text + len;
	struct clock_fields f = {0};
	int minutes = 0;

	if (!digits(&p, end, 4, &f.year) || !literal(&p, end, '-') ||
	    !digits(&p, end, 2, &f.month) || !literal(&p, end, '-') ||
	    !digits(&p, end, 2, &f.day))
		return false;
	if (p == end || (*p != 'T' && *p != 't' && *p != ' '))
		return false;
	p++;
	if (!digits(&p, end, 2, &f.hour) || !literal(&p, end, ':') ||
	    !digits(&p, end, 2, &f.minute) || !literal(&p, end, ':') ||
	    !digits(&p, end, 2, &f.second))
		return false;
	if (!fraction(&p, end, &f.usec) || !offset(&p, end, &minutes) ||
	    p != end || !clock_join(&f, out))
		return false;
	*out -= minutes * USEC_PER_MIN;
	return *out >= CLOCK_MIN && *out <= CLOCK_MAX;
}

/* `value` in exactly `n` digits; returns what is behind them. */
static char *
put_digits(char *out, int value, int n)
{
	for (int i = n; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + n;
}

static char *
put_literal(char *out, char c)
{
	*out = c;
	return out + 1;
}

void
clock_format(usec_t t, char out[CLOCK_RFC3339_SIZE])
{
	struct clock_fields f;

	clock_split(t, &f);
	out = put_literal(put_digits(out, f.year, 4), '-');
	out = put_literal(put_digits(out, f.month, 2), '-');
	out = put_literal(put_digits(out, f.day, 2), 'T');
	out = put_literal(put_digits(out, f.hour, 2), ':');
	out = put_literal(put_digits(out, f.minute, 2), ':');
	out = put_digits(out, f.second, 2);
	if (f.usec != 0)
		out = put_digits(put_literal(out, '.'), f.usec, 6);
	*put_literal(out, 'Z') = '\0';
}
