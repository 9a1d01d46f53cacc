export interface OrdersDb {
  orders: {
    id: string
    product_id: string
    quantity: number
    total_cents: number
    placed_at: string
  }
}
