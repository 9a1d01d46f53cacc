create table parcels (
  number bigint generated always as identity unique,
  -- an order is sent once
  order_id text primary key,
  status text not null check (status in ('packing', 'packed', 'shipped', 'delivered')),
  tracking_code text not null unique,
  moved_at timestamptz not null
);
