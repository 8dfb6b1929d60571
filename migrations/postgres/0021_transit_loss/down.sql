DROP INDEX outgoing_coming;
DROP INDEX outgoing_road;
