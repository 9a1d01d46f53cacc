import { accounts } from '@shop/app/services/accounts/contract.ts'
import { cart } from '@shop/app/services/cart/contract.ts'
import { catalog } from '@shop/app/services/catalog/contract.ts'
import { notifications } from '@shop/app/services/notifications/contract.ts'
import { orders } from '@shop/app/services/orders/contract.ts'
import { web } from '@shop/app/services/web/contract.ts'
import { createClient, type Fetch, type HttpClient } from 'holon/client'

/** A client for each service that the shop's gateway exposes. */
export interface ShopClients {
  readonly accounts: HttpClient<typeof accounts>
  readonly cart: HttpClient<typeof cart>
  readonly catalog: HttpClient<typeof catalog>
  readonly notifications: HttpClient<typeof notifications>
  readonly orders: HttpClient<typeof orders>
  readonly web: HttpClient<typeof web>
}

export interface ShopClientsOptions {
  /** Default: the API of the page's own origin. */
  baseUrl?: string
  /** Bearer token of the visitor, or `null` when signed out. */
  token: () => string | null
  /** Called when a request that carried this token came back with 401. */
  onExpired: (token: string) => void
}

/** Clients of the shop's public API. Each error is a `ServiceError`; `toProblem` says what to show of it. */
export function createShopClients({ baseUrl = '/api', token, onExpired }: ShopClientsOptions): ShopClients {
  const bearer = 'Bearer '
  const send: Fetch = async (url, init) => {
    const response = await fetch(url, init)
    const sent = init.headers['authorization']
    if (response.status === 401 && sent !== undefined) onExpired(sent.slice(bearer.length))
    return response
  }
  const options = { baseUrl, token: () => token() ?? undefined, fetch: send }
  return {
    accounts: createClient(accounts, options),
    cart: createClient(cart, options),
    catalog: createClient(catalog, options),
    notifications: createClient(notifications, options),
    orders: createClient(orders, options),
    web: createClient(web, options),
  }
}
