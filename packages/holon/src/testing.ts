/**
 * Tests services alone: some or all of an app in one process, fakes held to their contracts, a clock that can be moved.
 *
 * @example
 * ```ts
 * import { fake, startTestApp } from 'holon/testing'
 *
 * await using app = await startTestApp([orders], { fakes: [fake(payments, { charge: () => ({ chargeId: 'c-1' }) })] })
 * await app.client(ordersContract, 'ann').place({ sku: 'tea' })
 * ```
 *
 * @module
 */
export * from '@holon/testing'
