create table mails (
  order_id text primary key,
  text text not null
);
