-- Transfers between institutions (调拨): each writes its own half.

-- Projection of the identities that entries give: the label that a container bore at its sender.
ALTER TABLE container ADD COLUMN came_from TEXT;

-- What is on the road, and what another institution has.
CREATE TABLE standing_new (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'in_transit', 'sent', 'void')),
    place_id INTEGER NOT NULL,
    holder_id INTEGER,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 99),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    last_entry INTEGER NOT NULL,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO standing_new SELECT * FROM standing;
DROP TABLE standing;
ALTER TABLE standing_new RENAME TO standing;
CREATE INDEX standing_holder ON standing (institution_id, holder_id) WHERE holder_id IS NOT NULL;

-- Projection of send, settle and reclaim: what was sent to other institutions.
CREATE TABLE outgoing (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    receiver_id INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    expected_at INTEGER NOT NULL,
    settled_seq INTEGER,
    -- JSON: the numbers of the containers that are on the road.
    on_the_road TEXT NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_open ON outgoing (institution_id, seq) WHERE settled_seq IS NULL;
CREATE INDEX outgoing_receiver ON outgoing (receiver_id, institution_id, seq);

-- Projection of announce and accept: what other institutions have sent.
CREATE TABLE incoming (
    institution_id INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,
    sender_seq INTEGER NOT NULL,
    announced_seq INTEGER NOT NULL,
    expected_at INTEGER NOT NULL,
    accepted_seq INTEGER,
    PRIMARY KEY (institution_id, sender_id, sender_seq)
) STRICT, WITHOUT ROWID;

-- Whoever signed for what is settled signed at the other institution: that entry names no signatures here.
DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT e.seq IS NULL OR p.controlled_from <= e.recorded_at
              AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq)
                < CASE WHEN e.kind = 'settle' THEN 0 WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                    AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
            FROM product p LEFT JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id
                AND p.controlled_from IS NOT NULL);
END;
