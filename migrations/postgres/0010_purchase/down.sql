DROP TABLE purchase_policy;
DROP TABLE purchase_order;
DROP TABLE requisition;
DROP TABLE drawing;
DROP TABLE permit;
