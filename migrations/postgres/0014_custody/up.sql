-- What is looked up by its number is found by a point read.

-- The number folded as the search folds it: of a permit, and of an order.
ALTER TABLE permit ADD COLUMN number_key TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE permit SET number_key = lower(replace(replace(replace(replace(number, ' ', ''), '-', ''), '－', ''), '#', ''));
CREATE INDEX permit_number ON permit (institution_id, number_key);
ALTER TABLE purchase_order ADD COLUMN number_key TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE purchase_order SET number_key = lower(replace(replace(replace(replace(number, ' ', ''), '-', ''), '－', ''), '#', ''));
CREATE INDEX purchase_order_number ON purchase_order (institution_id, number_key);

-- Projection of permit: the entries that say what the document says, the first and its corrections.
CREATE TABLE permit_entry (
    institution_id BIGINT NOT NULL,
    permit_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (institution_id, permit_id, seq)
);
INSERT INTO permit_entry (institution_id, permit_id, seq)
    SELECT institution_id, CAST(convert_from(bytes, 'UTF8')::jsonb #>> '{act,permit,id}' AS BIGINT), seq
    FROM entry WHERE log = 0 AND kind = 'permit';

-- What of one product there is, wherever it stands.
CREATE INDEX place_total_product ON place_total (institution_id, product_id);

-- What is not in stock and not gone: whoever closes a place asks for it.
CREATE INDEX standing_left ON standing (institution_id, place_id) WHERE status IN ('checked_out', 'waste');
