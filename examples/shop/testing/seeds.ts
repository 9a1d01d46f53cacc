import { readFileSync } from 'node:fs'

/** A product as the shop's data has it before anything is sold. */
export interface Seed {
  readonly id: string
  readonly name: string
  readonly category: string
  readonly stock: number
  readonly priceCents: number
}

// The shop's own data.
export const seeds: readonly Seed[] = JSON.parse(
  readFileSync(new URL('../catalog-data/products.json', import.meta.url), 'utf8'),
) as Seed[]

/** Different products of which there are enough to play with, and few enough to buy in one order. */
export const ordinary: readonly Seed[] = seeds.filter(({ stock }) => stock >= 15 && stock < 90)

/** The n-th of {@link ordinary}. */
export function ordinarySeed(n: number): Seed {
  const seed = ordinary[n]
  if (seed === undefined) throw new RangeError(`There are only ${ordinary.length} ordinary products.`)
  return seed
}
