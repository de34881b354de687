/* SPDX-License-Identifier: MIT */
/* Where a bucket's events go: notification configurations. */
#include "base/array.h"
#include "s3/subscription.h"

#include "tap.h"

#define ROOT     "NotificationConfiguration"
#define OURS     "<Queue>arn:minio:sqs::1:webhook</Queue>"
#define CREATED  "<Event>s3:ObjectCreated:*</Event>"
#define REMOVED  "<Event>s3:ObjectRemoved:*</Event>"
#define QUEUE(x) "<QueueConfiguration>" x "</QueueConfiguration>"
#define ALL(x)   QUEUE(x CREATED REMOVED)
#define BODY(x)                                                          \
	"<" ROOT " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" x \
	"</" ROOT ">"
#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *what, *xml, *name;
	const char *want; /* the ARN; NULL when it is refused */
} rows[] = {
    {"ours", BODY(ALL(OURS)), "1", "arn:minio:sqs::1:webhook"},
    {"any", BODY(ALL(OURS)), NULL, "arn:minio:sqs::1:webhook"},
    {"with a region", BODY(ALL("<Queue>arn:minio:sqs:eu-1:1:webhook</Queue>")),
	"1", "arn:minio:sqs:eu-1:1:webhook"},
    {"after another one",
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" BODY(
	    ALL("<Id>x</Id><Queue>arn:minio:sqs::2:webhook</Queue>") ALL(OURS)),
	"1", "arn:minio:sqs::1:webhook"},
    {"other events beside it",
	BODY(ALL(OURS "<Event>s3:ObjectAccessed:Get</Event>")), "1",
	"arn:minio:sqs::1:webhook"},
    {"an empty filter", BODY(ALL(OURS "<Filter><S3Key></S3Key></Filter>")), "1",
	"arn:minio:sqs::1:webhook"},
    {"a filter",
	BODY(ALL(OURS "<Filter><S3Key><FilterRule><Name>prefix"
		      "</Name><Value>x</Value></FilterRule></S3Key></Filter>")),
	"1", ""},
    {"the filter of another one",
	BODY(ALL(OURS) QUEUE("<Filter><S3Key><FilterRule/></S3Key></Filter>")),
	"1", "arn:minio:sqs::1:webhook"},
    {"created only", BODY(QUEUE(OURS CREATED)), "1", ""},
    {"removed only", BODY(QUEUE(OURS REMOVED)), "1", ""},
    {"one half here, one there", BODY(QUEUE(OURS CREATED) QUEUE(OURS REMOVED)),
	"1", ""},
    {"another name", BODY(ALL(OURS)), "2", ""},
    {"a longer name", BODY(ALL(OURS)), "11", ""},
    {"a shorter name", BODY(ALL("<Queue>arn:minio:sqs::12:webhook</Queue>")),
	"1", ""},
    {"a topic",
	BODY("<TopicConfiguration>" OURS CREATED REMOVED
	     "</TopicConfiguration>"),
	"1", ""},
    {"no webhook", BODY(ALL("<Queue>arn:minio:sqs::1:kafka</Queue>")), NULL,
	""},
    {"too short", BODY(ALL("<Queue>arn:minio:sqs:webhook</Queue>")), NULL, ""},
    {"an ARN that is too long",
	BODY(ALL("<Queue>arn:minio:sqs::" LONG LONG LONG LONG LONG
		 ":webhook</Queue>")),
	NULL, ""},
    {"nothing", BODY(""), "1", ""},
    {"nothing at all", "<" ROOT "/>", "1", ""},
    {"something else", "<ListBucketResult/>", "1", NULL},
    {"cut off", "<" ROOT "><Queue", "1", NULL},
    {"no XML", "hello", "1", NULL},
    {"empty", "", "1", NULL},
    {"a document type", "<!DOCTYPE x [<!ENTITY a \"b\">]>" BODY(""), "1", NULL},
};

static const struct {
	const char *name;
	bool valid;
} names[] = {
    {"1", true},
    {"setlink_2-X", true},
    {LONG, true},
    {"", false},
    {"a b", false},
    {"a:b", false},
    {"<", false},
    {"\xc3\xa4", false},
    {LONG "x", false},
};

int
main(void)
{
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct s3_subscription found;
		struct error err;
		bool ok = s3_subscription_find(rows[i].xml, strlen(rows[i].xml),
		    rows[i].name, &found, &err);

		tap_is_str(
		    ok ? found.arn : NULL, rows[i].want, "%s", rows[i].what);
	}
	for (size_t i = 0; i < LENGTH(names); i++)
		tap_is_int(s3_webhook_valid(names[i].name), names[i].valid,
		    "the name \"%s\"", names[i].name);
	return tap_done();
}
