DROP TABLE month_line;
DROP TABLE month_end;
