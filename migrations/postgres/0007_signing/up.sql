-- Requests come to an end by themselves, and signatures carry a seal: those on the desk have none yet,
-- so that what waits for signatures is asked for again.

ALTER TABLE signing_request DROP CONSTRAINT signing_request_state_check;
UPDATE signing_request SET state = CASE WHEN state IN ('reserved', 'signed_in_part') THEN 'expired' ELSE state END, signatures = '[]';
ALTER TABLE signing_request ADD CONSTRAINT signing_request_state_check
    CHECK (state IN ('reserved', 'signed_in_part', 'posted', 'withdrawn', 'refused', 'expired'));
UPDATE reservation SET amount = 0;
