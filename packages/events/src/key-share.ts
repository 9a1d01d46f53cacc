/** The most that {@link loansPerKey} gives. */
export const mostPerKey = 8

/**
 * How many messages of one key may be on loan to a member: several, so that a busy key need not wait for each
 * acknowledgement to travel, but only one once half of the window is on loan. A key whose handler fails keeps what it has
 * on loan, and the others must find room however many such keys there are.
 */
export function loansPerKey(onLoan: number, window: number): number {
  return onLoan * 2 < window ? mostPerKey : 1
}

/** Bounds what is read past messages that do not go on. More would have to be remembered for them. */
export const lookAhead: { readonly messages: number; readonly characters: number } = {
  messages: 10_000,
  characters: 64 * 1024 * 1024,
}
