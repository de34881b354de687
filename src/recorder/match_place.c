/* SPDX-License-Identifier: MIT */
/* Where a recording is beside a set. */
#include "recorder/match_place.h"

usec_t
match_overlap(usec_t start, usec_t end, usec_t other_start, usec_t other_end)
{
	return usec_min(end, other_end) - usec_max(start, other_start);
}

void
match_place(const struct span *span, struct match_recording *out)
{
	out->start = span->begin;
	out->end = span->end;
	if (span->has_file && span->open && span->open_begin < span->end) {
		out->gap_start = span->file_end;
		out->gap_end = span->open_begin;
	}
	out->lost_start = span->lost_begin;
	out->lost_end = span->lost_end;
	out->silent_end = span->open ? span->end : span->file_length_end;
	out->sure = span->sure;
	out->fresh = span->fresh;
	out->lost = span->lost;
}

static void
cut_at(struct match_recording *r, const struct match_recording *next)
{
	if (next->start <= r->start || next->start >= r->end ||
	    r->end - next->start >= MATCH_PADDING ||
	    uuid_compare(&next->recorder_id, &r->recorder_id) != 0)
		return;
	r->end = next->start;
	r->fresh = false;
}

void
match_cut_padding(struct match_recording *recordings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			cut_at(&recordings[i], &recordings[j]);
}

/* A recording, or what of it is on one side of the gap in it. */
struct piece {
	usec_t start, end;
};

static struct piece
piece_before(const struct match_recording *r)
{
	return (struct piece){r->start,
	    r->gap_start < r->gap_end ? usec_min(r->gap_start, r->end)
				      : r->end};
}

/* The latter piece, or all when there is no gap. */
static struct piece
piece_after(const struct match_recording *r)
{
	return (struct piece){
	    r->gap_start < r->gap_end ? r->gap_end : r->start, r->end};
}

static usec_t
overlap_piece(const struct match_set *set, struct piece piece)
{
	return match_overlap(set->start, set->end, piece.start, piece.end);
}

usec_t
match_coverage(const struct match_set *set, const struct match_recording *r)
{
	usec_t covered = usec_max(overlap_piece(set, piece_before(r)), 0);

	if (r->gap_start < r->gap_end)
		covered += usec_max(overlap_piece(set, piece_after(r)), 0);
	return covered;
}

usec_t
match_gap(const struct match_set *set, const struct match_recording *r)
{
	return usec_max(-usec_max(overlap_piece(set, piece_before(r)),
			    overlap_piece(set, piece_after(r))),
	    0);
}

usec_t
match_offset(const struct match_set *set, const struct match_recording *r)
{
	struct piece piece = piece_before(r), after = piece_after(r);

	if (overlap_piece(set, after) > usec_max(overlap_piece(set, piece), 0))
		piece = after;
	return usec_max(set->start - piece.start, 0);
}
