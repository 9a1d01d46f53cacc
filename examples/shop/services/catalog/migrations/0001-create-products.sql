create table categories (
  position integer primary key,
  id text not null unique,
  name text not null,
  description text not null,
  image_url text not null
) strict;

create table products (
  id text primary key,
  name text not null,
  description text not null,
  category text not null references categories (id),
  price_cents integer not null check (price_cents >= 0),
  image_url text not null,
  created_at text not null
) strict;
create index products_by_category on products (category, id);
create index products_by_age on products (created_at desc, id);

create table product_tags (
  product_id text not null references products (id),
  tag text not null,
  primary key (product_id, tag)
) strict, without rowid;
create index product_tags_by_tag on product_tags (tag);

create table reviews (
  product_id text not null references products (id),
  author text not null,
  rating integer not null check (rating between 1 and 5),
  text text not null,
  created_at text not null
) strict;
create index reviews_by_product on reviews (product_id, created_at desc);
create index reviews_by_age on reviews (created_at desc);

-- Words are compared by their stems and without accents: 'kettles' finds 'kettle', 'boucle' finds 'bouclé'.
create virtual table product_search using fts5 (
  product_id unindexed, name, tags, category, description,
  tokenize = 'porter unicode61 remove_diacritics 2'
);
