DROP TRIGGER posting_signed;
ALTER TABLE product DROP COLUMN controlled_from;
DROP TABLE signature;
DROP TABLE reservation;
DROP TABLE signing_request;
