-- What a bureau keeps of other ledgers is said by entries of its own; what it kept before stays without.
ALTER TABLE pulled_head ADD COLUMN seq BIGINT;
CREATE INDEX pulled_head_seq ON pulled_head (institution_id, seq);
-- Which entries of a period take others back.
CREATE INDEX reversal_seq ON reversal (institution_id, seq);
