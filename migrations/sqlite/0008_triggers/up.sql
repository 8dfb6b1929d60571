-- Nothing: SQLite finds the rows of its triggers by their keys already. Both backends have the same versions.
SELECT 1;
