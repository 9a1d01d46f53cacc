const storageKey = 'shop.checkout'

/** The idempotency key of the checkout in progress; survives a reload, so that an impatient one does not order twice. */
export const checkoutKey = {
  current(): string {
    const kept = sessionStorage.getItem(storageKey)
    if (kept !== null) return kept
    const key = randomKey()
    sessionStorage.setItem(storageKey, key)
    return key
  },
  forget(): void {
    sessionStorage.removeItem(storageKey)
  },
}

// Not crypto.randomUUID: browsers offer it only over HTTPS and on localhost, and a shop on the local network is neither.
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
