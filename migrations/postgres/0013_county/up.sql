-- Projection of the container lines and of the postings on held: what there is of a product, at places
-- and (_out) with persons. A county is summed over these, never over containers.
CREATE TABLE product_total (
    institution_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    -- Written as differences that are added up, as those of place_total.
    containers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    containers_out BIGINT NOT NULL,
    amount_out BIGINT NOT NULL,
    PRIMARY KEY (institution_id, product_id)
);
INSERT INTO product_total
SELECT c.institution_id, c.product_id,
    SUM(CASE WHEN s.status = 'in_stock' THEN 1 ELSE 0 END),
    SUM(CASE WHEN s.status = 'in_stock' THEN s.amount ELSE 0 END),
    SUM(CASE WHEN s.status = 'checked_out' THEN 1 ELSE 0 END),
    SUM(CASE WHEN s.status = 'checked_out' THEN s.amount ELSE 0 END)
        + COALESCE((SELECT SUM(h.amount) FROM holding h
            WHERE h.institution_id = c.institution_id AND h.product_id = c.product_id), 0)
FROM container c
JOIN standing s ON s.institution_id = c.institution_id AND s.serial = c.serial
GROUP BY c.institution_id, c.product_id;

-- The signed heads of other institutions' ledgers that a bureau has pulled, each shown to continue the one
-- before it (or not, and then why, and who said so).
CREATE TABLE pulled_head (
    institution_id BIGINT NOT NULL,
    site_id BIGINT NOT NULL,
    pull BIGINT NOT NULL CHECK (pull > 0),
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('kept', 'refused', 'acknowledged')),
    fault TEXT COLLATE "C",
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    note TEXT COLLATE "C" NOT NULL,
    -- 32 bytes a hash.
    proof BYTEA NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    pulled_at BIGINT NOT NULL,
    person_id BIGINT,
    PRIMARY KEY (institution_id, site_id, pull)
);
CREATE TRIGGER pulled_head_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON pulled_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE pulled_head ENABLE ALWAYS TRIGGER pulled_head_stays;
