-- How many more sign-ins may be tried for an email, whether there is an account or not. See sign-in-allowance.ts.
create table sign_in_allowances (
  email text primary key,
  left_over double precision not null,
  counted_at timestamptz not null
);
