export interface CatalogDb {
  categories: {
    position: number
    id: string
    name: string
    description: string
    image_url: string
  }
  products: {
    id: string
    name: string
    description: string
    category: string
    price_cents: number
    image_url: string
    created_at: string
  }
  stock_levels: {
    product_id: string
    available: number
    version: number
  }
  product_tags: {
    product_id: string
    tag: string
  }
  reviews: {
    product_id: string
    author: string
    rating: number
    text: string
    created_at: string
  }
  product_search: {
    product_id: string
    name: string
    tags: string
    category: string
    description: string
  }
}

export type ProductRow = CatalogDb['products']
