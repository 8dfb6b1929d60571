-- People: closed accounts, badges, wrong secrets of the day.

-- Projection of leave.
ALTER TABLE person ADD COLUMN closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1));

-- Projection of badge: the one badge that a person wears.
CREATE TABLE badge (
    institution_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    -- Keyed, hex: the table alone does not give the code on the badge away.
    digest TEXT NOT NULL,
    PRIMARY KEY (institution_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX badge_digest ON badge (institution_id, digest);

-- Desk: wrong secrets by subject, from wherever they came.
CREATE TABLE wrong_tries (
    institution_id INTEGER NOT NULL,
    -- As in attempts.
    subject INTEGER NOT NULL,
    -- Unix ms; the counting begins anew after a day.
    since INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    alerted INTEGER NOT NULL CHECK (alerted IN (0, 1)),
    PRIMARY KEY (institution_id, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_person ON session (institution_id, person_id) WHERE revoked = 0;
CREATE INDEX standing_holder ON standing (institution_id, holder_id) WHERE holder_id IS NOT NULL;
