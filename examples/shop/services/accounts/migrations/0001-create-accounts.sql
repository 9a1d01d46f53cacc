create table accounts (
  id text primary key,
  email text not null constraint accounts_email_unique unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  created_at timestamptz not null
);

-- The private key is here and nowhere else. One row: replicas that start together agree on one key through it.
create table signing_keys (
  slot integer primary key default 1 check (slot = 1),
  key_id text not null,
  private_jwk jsonb not null,
  created_at timestamptz not null
);
