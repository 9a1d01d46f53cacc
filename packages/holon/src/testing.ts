/**
 * Tests services alone: some or all of an app in one process, fakes held to their contracts, a clock that can be moved.
 *
 * @example
 * ```ts
 * import { fake, startTestApp } from 'holon/testing'
 *
 * const bank = fake(payments, { charge: () => ({ chargeId: 'c-1' }) })
 * await using test = await startTestApp([ordersService], { fakes: [bank] })
 * await test.client(orders, 'ann').place({ sku: 'tea' })
 * ```
 *
 * @module
 */
export * from '@holon/testing'
