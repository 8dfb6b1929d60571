-- Departments, and who and what belongs to them.

-- Projection of department.
CREATE TABLE department (
    institution_id BIGINT NOT NULL,
    department_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    closed BIGINT NOT NULL CHECK (closed IN (0, 1)),
    PRIMARY KEY (institution_id, department_id)
);

-- Projection of enrol and assign.
ALTER TABLE person ADD COLUMN department_id BIGINT;
-- Projection of place.
ALTER TABLE place ADD COLUMN department_id BIGINT;
