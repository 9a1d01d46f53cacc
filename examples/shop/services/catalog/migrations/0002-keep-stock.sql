-- A read model: how many of each product can be bought, as inventory told last.
create table stock_levels (
  product_id text primary key,
  available integer not null,
  version integer not null
);
