ALTER TABLE place DROP COLUMN department_id;
ALTER TABLE person DROP COLUMN department_id;
DROP TABLE department;
