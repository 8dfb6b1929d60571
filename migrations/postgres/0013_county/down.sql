DROP TABLE pulled_head;
DROP TABLE product_total;
