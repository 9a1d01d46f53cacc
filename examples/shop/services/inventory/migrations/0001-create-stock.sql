-- available = on_hand - reserved. The checks are the last line of defence: no bug above them can oversell.
create table stock (
  product_id text primary key,
  at_start integer not null check (at_start >= 0),
  on_hand integer not null check (on_hand >= 0),
  reserved integer not null default 0 check (reserved >= 0),
  constraint stock_not_oversold check (reserved <= on_hand)
);

create table reservations (
  order_id text primary key,
  status text not null check (status in ('held', 'committed', 'released', 'expired')),
  expires_at timestamptz not null
);
create index reservations_held on reservations (expires_at) where status = 'held';

create table reservation_lines (
  order_id text not null references reservations,
  product_id text not null references stock,
  quantity integer not null check (quantity > 0),
  primary key (order_id, product_id)
);
