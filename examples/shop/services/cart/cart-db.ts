export interface CartDb {
  carts: {
    account_id: string
    version: number
  }
  cart_items: {
    account_id: string
    product_id: string
    quantity: number
    added_at: Date
    version: number
  }
}
