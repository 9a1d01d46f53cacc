-- Who the customers are, as accounts has told.
create table recipients (
  account_id text primary key,
  email text not null,
  name text not null
);

-- Nothing here keeps a mail from being written twice: that the event is applied once does. The audit counts.
create table mails (
  number bigint generated always as identity unique,
  id text primary key,
  account_id text not null,
  kind text not null check (kind in ('welcome', 'confirmation', 'shipped')),
  order_id text,
  subject text not null,
  paragraphs jsonb not null,
  sent_at timestamptz not null
);
create index mails_of_account on mails (account_id, number desc);
