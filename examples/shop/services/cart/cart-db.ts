export interface CartDb {
  cart_items: {
    account_id: string
    product_id: string
    quantity: number
    added_at: Date
  }
  taken_orders: {
    order_id: string
    taken_at: Date
  }
}
