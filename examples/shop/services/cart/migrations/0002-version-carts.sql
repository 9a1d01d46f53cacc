-- How often a cart has changed. An order names the version that it has bought: a version is bought once, and what was put
-- into the cart later stays there.
create table carts (
  account_id text primary key,
  version integer not null
);
insert into carts (account_id, version) select distinct account_id, 1 from cart_items;

-- The version in which the line was last set.
alter table cart_items add column version integer not null default 1;

-- The inbox remembers which orders' goods have been taken out.
drop table taken_orders;
