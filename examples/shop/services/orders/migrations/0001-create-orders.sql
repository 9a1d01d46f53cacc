create table orders (
  -- in the order of placing, for paging
  number bigint generated always as identity unique,
  id text primary key,
  account_id text not null,
  status text not null check (status in ('pending', 'paid', 'shipped', 'cancelled')),
  payment_method text not null,
  total_cents integer not null check (total_cents >= 0),
  currency text not null,
  created_at timestamptz not null,
  -- why it was cancelled, as the failure its customer was told
  end_reason jsonb check (end_reason is null or status = 'cancelled'),
  -- when recovery looks at it next; null once nothing is left to do
  next_step_at timestamptz,
  recovery_tries integer not null default 0
);
create index orders_of_account on orders (account_id, number desc);
create index orders_unsettled on orders (next_step_at) where next_step_at is not null;

create table order_items (
  order_id text not null references orders,
  position integer not null,
  product_id text not null,
  name text not null,
  image_url text not null,
  quantity integer not null check (quantity > 0),
  unit_cents integer not null check (unit_cents >= 0),
  primary key (order_id, position)
);

-- The requests that carried an Idempotency-Key, and the order each of them made.
create table order_requests (
  account_id text not null,
  idempotency_key text not null,
  fingerprint text not null,
  order_id text not null references orders,
  primary key (account_id, idempotency_key)
);
