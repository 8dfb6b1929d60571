DROP INDEX standing_left;
DROP INDEX place_total_product;
DROP TABLE permit_entry;
DROP INDEX purchase_order_number;
ALTER TABLE purchase_order DROP COLUMN number_key;
DROP INDEX permit_number;
ALTER TABLE permit DROP COLUMN number_key;
