create table orders (
  id text primary key,
  product_id text not null,
  quantity integer not null check (quantity > 0),
  total_cents integer not null,
  placed_at text not null
);
create index orders_by_time on orders (placed_at);
