create table payments (
  order_id text primary key,
  status text not null check (status in ('requested', 'captured', 'declined', 'refunding', 'refunded')),
  amount_cents integer not null check (amount_cents >= 0),
  currency text not null,
  method text not null,
  -- the provider's own identifier; null until it has answered
  provider_charge_id text,
  decline_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
