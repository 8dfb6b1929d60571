-- People: closed accounts, badges, wrong secrets of the day.

-- Projection of leave.
ALTER TABLE person ADD COLUMN closed BIGINT NOT NULL DEFAULT 0 CHECK (closed IN (0, 1));

-- Projection of badge: the one badge that a person wears.
CREATE TABLE badge (
    institution_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    -- Keyed, hex: the table alone does not give the code on the badge away.
    digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, person_id)
);
CREATE UNIQUE INDEX badge_digest ON badge (institution_id, digest);

-- Desk: wrong secrets by subject, from wherever they came.
CREATE TABLE wrong_tries (
    institution_id BIGINT NOT NULL,
    -- As in attempts.
    subject BIGINT NOT NULL,
    -- Unix ms; the counting begins anew after a day.
    since BIGINT NOT NULL,
    count BIGINT NOT NULL CHECK (count > 0),
    alerted BIGINT NOT NULL CHECK (alerted IN (0, 1)),
    PRIMARY KEY (institution_id, subject)
);

CREATE INDEX session_person ON session (institution_id, person_id) WHERE revoked = 0;
CREATE INDEX standing_holder ON standing (institution_id, holder_id) WHERE holder_id IS NOT NULL;
