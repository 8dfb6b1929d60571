-- Departments, and who and what belongs to them.

-- Projection of department.
CREATE TABLE department (
    institution_id INTEGER NOT NULL,
    department_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
    PRIMARY KEY (institution_id, department_id)
) STRICT, WITHOUT ROWID;

-- Projection of enrol and assign.
ALTER TABLE person ADD COLUMN department_id INTEGER;
-- Projection of place.
ALTER TABLE place ADD COLUMN department_id INTEGER;
