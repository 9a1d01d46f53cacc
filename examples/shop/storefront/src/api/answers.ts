/** The answers of the shop's public API: the types of its contracts, under the names that the pages use. */
import type { Cart } from '@shop/app/services/cart/contract.ts'
import type { Order } from '@shop/app/services/orders/contract.ts'

import type { ShopClients } from './clients.ts'

export type { Account } from '@shop/app/services/accounts/contract.ts'
export type { Category, Product, Review } from '@shop/app/services/catalog/contract.ts'
export type { Mail } from '@shop/app/services/notifications/contract.ts'
export type { OrderStatus, OrderStep } from '@shop/app/services/orders/contract.ts'
export type { PaymentMethod } from '@shop/app/services/payments/contract.ts'
export type { Cart, Order }

export type CartLine = Cart['items'][number]
export type OrderLine = Order['items'][number]

/** A part that is `null` could not be fetched; the page shows the rest. */
export type FrontPage = Awaited<ReturnType<ShopClients['web']['home']>>
export type ProductPage = Awaited<ReturnType<ShopClients['web']['productPage']>>
