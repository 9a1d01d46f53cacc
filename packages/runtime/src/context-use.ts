/**
 * A handler whose second parameter has a simple name, and what comes before its body: `async ({ id }, ctx) =>`,
 * `*items(input, ctx, items) {`.
 */
const named =
  /^(?:async\b\s*)?(?:function\b\s*)?\*?\s*\w*\s*\(\s*(?:\w+|\{[\w\s,:.]*\})\s*,\s*(\w+)\s*(?:,\s*\w+\s*)?,?\s*\)/
/** One that has at most a first parameter. */
const without = /^(?:async\b\s*)?(?:(?:function\b\s*)?\*?\s*\w*\s*\(\s*(?:\w+|\{[\w\s,:.]*\})?\s*,?\s*\)|\w+\s*=>)/
/** What could reach the context without its name. */
const hidden = /\barguments\b|\beval\b|\\u|\[native code\]/

/**
 * Whether a handler certainly uses its context only as `ctx.member`, as nearly all do. What it does besides (spreading it,
 * handing it on) needs a context whose members are its own, and one costs as much as a tenth of a call in the same
 * process. Whatever its source leaves open counts as such a use.
 */
export function usesMembersOnly(handler: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(handler)
  if (hidden.test(source)) return false
  const [head, name] = named.exec(source) ?? []
  if (head === undefined || name === undefined) return without.test(source)
  const uses = source.slice(head.length).matchAll(new RegExp(String.raw`\b${name}\b(\s*\??\.\s*[a-zA-Z_])?`, 'g'))
  return uses.every(([, member]) => member !== undefined)
}
