-- Projection of the container lines and of the postings on held: what there is of a product, at places
-- and (_out) with persons. A county is summed over these, never over containers.
CREATE TABLE product_total (
    institution_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    -- Written as differences that are added up, as those of place_total.
    containers INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    containers_out INTEGER NOT NULL,
    amount_out INTEGER NOT NULL,
    PRIMARY KEY (institution_id, product_id)
) STRICT, WITHOUT ROWID;
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
    institution_id INTEGER NOT NULL,
    site_id INTEGER NOT NULL,
    pull INTEGER NOT NULL CHECK (pull > 0),
    outcome TEXT NOT NULL CHECK (outcome IN ('kept', 'refused', 'acknowledged')),
    fault TEXT,
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL,
    -- 32 bytes a hash.
    proof BLOB NOT NULL,
    reason TEXT NOT NULL,
    pulled_at INTEGER NOT NULL,
    person_id INTEGER,
    PRIMARY KEY (institution_id, site_id, pull)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER pulled_head_once BEFORE INSERT ON pulled_head BEGIN
    SELECT RAISE(ABORT, 'pulled_head: pull does not follow')
    WHERE NEW.pull <> (SELECT COALESCE(MAX(pull), 0) + 1 FROM pulled_head
        WHERE institution_id = NEW.institution_id AND site_id = NEW.site_id);
END;
CREATE TRIGGER pulled_head_stays BEFORE UPDATE ON pulled_head BEGIN SELECT RAISE(ABORT, 'pulled_head: append-only'); END;
CREATE TRIGGER pulled_head_remains BEFORE DELETE ON pulled_head BEGIN SELECT RAISE(ABORT, 'pulled_head: append-only'); END;
