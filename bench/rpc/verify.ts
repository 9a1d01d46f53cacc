import { isDeepStrictEqual } from 'node:util'

import { changeOf, documentOf, getProduct, queryOf, type RpcClient, type StockChange } from './workload.ts'

/** What JSON makes of a value, without the fields that a peer adds for itself (`$typeName`). */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key.startsWith('$') ? undefined : item)))
}

function same(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(plain(got), wanted)) {
    throw new Error(`wrong ${what}: ${JSON.stringify(plain(got)).slice(0, 300)}`)
  }
}

/** Looks deeply at answers of every kind, before anything is measured. @throws Error at the first wrong one. */
export async function verify(client: RpcClient, bare: boolean): Promise<void> {
  for (let n = 0; n < 50; n++) {
    const answer = await client.get(queryOf(n))
    if (!bare) same('product', answer, getProduct(queryOf(n)))
  }
  if (client.document && !bare) {
    for (const bytes of [10, 10_000]) same('document', await client.document(bytes), documentOf(bytes))
  }
  if (client.changes) {
    const changes: StockChange[] = []
    await client.changes(100, (change) => changes.push(change))
    if (changes.length !== 100) throw new Error(`${changes.length} stream items instead of 100`)
    if (!bare) {
      same(
        'stream',
        changes,
        Array.from({ length: 100 }, (_, n) => changeOf(n)),
      )
    }
  }
}
