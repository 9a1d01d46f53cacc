create table cart_items (
  account_id text not null,
  product_id text not null,
  quantity integer not null check (quantity between 1 and 99),
  added_at timestamptz not null,
  primary key (account_id, product_id)
);

-- The orders whose goods have been taken out, so that doing it again changes nothing.
create table taken_orders (
  order_id text primary key,
  taken_at timestamptz not null
);
