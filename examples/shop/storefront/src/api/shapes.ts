/** The answers of the shop's public API, as the storefront reads them. */

export interface Money {
  currency: string
  amountCents: number
}

export interface Product {
  id: string
  name: string
  description: string
  category: string
  price: Money
  /** How many can be bought; null while nobody knows. */
  stock: number | null
  imageUrl: string
}

export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

export interface Category {
  id: string
  name: string
  count: number
  imageUrl: string
}

export interface FrontPageReview {
  productId: string
  productName: string
  author: string
  rating: number
  text: string
}

/** A part that is `null` could not be fetched; the page shows the rest. */
export interface FrontPage {
  featured: Product[]
  categories: Category[]
  newArrivals: Product[]
  recommendations: Product[] | null
  reviews: FrontPageReview[] | null
}

export interface Review {
  author: string
  rating: number
  text: string
  createdAt: string
}

export interface ProductPage {
  product: Product
  related: Product[] | null
  reviews: Review[] | null
  averageRating: number | null
}

export interface CartLine {
  productId: string
  name: string
  imageUrl: string
  quantity: number
  unitCents: number
  lineCents: number
  stock: number | null
}

export interface Cart {
  items: CartLine[]
  totalCents: number
  currency: string
}

export type OrderStatus = 'pending' | 'paid' | 'packed' | 'shipped' | 'delivered' | 'cancelled'

/** A step that an order has taken. */
export interface OrderStep {
  status: OrderStatus
  at: string
  trackingCode: string | null
}

export interface OrderLine {
  productId: string
  name: string
  quantity: number
  unitCents: number
  imageUrl: string
}

export interface Order {
  id: string
  status: OrderStatus
  items: OrderLine[]
  totalCents: number
  currency: string
  createdAt: string
}

export type PaymentMethod = 'card' | 'invoice' | 'card-declined'

export interface Account {
  id: string
  email: string
  name: string
}

export interface Mail {
  id: string
  kind: 'welcome' | 'confirmation' | 'shipped'
  to: string
  subject: string
  /** Paragraphs, an empty line between them. */
  body: string
  orderId: string | null
  sentAt: string
}
