DROP TABLE purchase_policy;
DROP TABLE drawing;
DROP TABLE permit;
