-- Transfers between institutions (调拨): each writes its own half.

-- Projection of the identities that entries give: the label that a container bore at its sender.
ALTER TABLE container ADD COLUMN came_from TEXT COLLATE "C";

-- What is on the road, and what another institution has.
ALTER TABLE standing DROP CONSTRAINT standing_status_check;
ALTER TABLE standing ADD CONSTRAINT standing_status_check
    CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'in_transit', 'sent', 'void'));

-- Projection of send, settle and reclaim: what was sent to other institutions.
CREATE TABLE outgoing (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    receiver_id BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expected_at BIGINT NOT NULL,
    settled_seq BIGINT,
    -- JSON: the numbers of the containers that are on the road.
    on_the_road TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, seq)
);
CREATE INDEX outgoing_open ON outgoing (institution_id, seq) WHERE settled_seq IS NULL;
CREATE INDEX outgoing_receiver ON outgoing (receiver_id, institution_id, seq);

-- Projection of announce and accept: what other institutions have sent.
CREATE TABLE incoming (
    institution_id BIGINT NOT NULL,
    sender_id BIGINT NOT NULL,
    sender_seq BIGINT NOT NULL,
    announced_seq BIGINT NOT NULL,
    expected_at BIGINT NOT NULL,
    accepted_seq BIGINT,
    PRIMARY KEY (institution_id, sender_id, sender_seq)
);

-- Whoever signed for what is settled signed at the other institution: that entry names no signatures here.
CREATE OR REPLACE FUNCTION posting_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        WHERE (
            SELECT COALESCE((
                SELECT p.controlled_from <= e.recorded_at
                    AND (SELECT COUNT(*) FROM public.signature s
                            WHERE s.institution_id = a.institution_id AND s.seq = a.seq)
                        < CASE WHEN e.kind = 'settle' THEN 0 WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                            AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
                FROM public.entry e WHERE e.institution_id = a.institution_id AND e.log = 0 AND e.seq = a.seq
            ), true)
            FROM public.product p WHERE p.institution_id = a.institution_id AND p.product_id = a.product_id
                AND p.controlled_from IS NOT NULL
        )
    ) THEN
        RAISE EXCEPTION 'posting: a controlled container moves without two signatures'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
