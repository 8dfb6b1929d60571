ALTER TABLE signing_request DROP CONSTRAINT signing_request_state_check;
UPDATE signing_request SET state = CASE WHEN state = 'expired' THEN 'withdrawn' ELSE state END, signatures = '[]';
ALTER TABLE signing_request ADD CONSTRAINT signing_request_state_check
    CHECK (state IN ('reserved', 'signed_in_part', 'posted', 'withdrawn', 'refused'));
