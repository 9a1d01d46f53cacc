-- How often the stock of a product has changed; 0: nobody has been told of it yet.
alter table stock add column version bigint not null default 0;

-- A reservation lasts until its order is paid or cancelled: a time limit could run out between payment and sale. One that
-- had run out is made anew, if its order still needs it.
delete from reservation_lines where order_id in (select order_id from reservations where status = 'expired');
delete from reservations where status = 'expired';
alter table reservations drop constraint reservations_status_check;
alter table reservations add constraint reservations_status_check check (status in ('held', 'committed', 'released'));
alter table reservations drop column expires_at;
create index reservations_held on reservations (order_id) where status = 'held';
