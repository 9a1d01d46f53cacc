alter table orders drop constraint orders_status_check;
alter table orders add constraint orders_status_check
  check (status in ('pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled'));

-- The version of the cart that the order is made of. It is bought once: of two checkouts at the same time, one finds the
-- other's order. A cancelled order leaves the cart as it was, to be tried again.
alter table orders add column cart_version integer not null default 0;
create unique index orders_of_cart on orders (account_id, cart_version) where status <> 'cancelled' and cart_version > 0;

alter table orders add column tracking_code text;

-- The steps that an order has taken.
create table order_steps (
  order_id text not null references orders,
  status text not null,
  at timestamptz not null,
  primary key (order_id, status)
);
insert into order_steps (order_id, status, at) select id, 'pending', created_at from orders;

-- Orders decided before there were events have told nobody: recovery announces them.
update orders set next_step_at = now() where status in ('paid', 'cancelled');
