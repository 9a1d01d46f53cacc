import type { StoreChoice } from '../../fixtures/events-lab/store-of.ts'

/** The stores that `npm run chaos -- --store` asks for, or those that a short run takes. */
export function chosenStores(...otherwise: readonly StoreChoice[]): readonly StoreChoice[] {
  const told = process.env['HOLON_CHAOS_STORE']
  const known = (['postgres', 'sqlite'] as const).filter(
    (store) => told === undefined || told === store || told === 'all',
  )
  if (known.length === 0) throw new Error(`HOLON_CHAOS_STORE is '${told ?? ''}'; it may be postgres, sqlite or all.`)
  return told === undefined ? otherwise : known
}
