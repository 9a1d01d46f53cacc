import type { Palette } from './brush.ts'

const named: Record<string, Palette> = {
  navy: { m: '#35507f', d: '#243a61', l: '#a9bedf', a: '#e0a24a', B: '#dfe7f2' },
  charcoal: { m: '#4a5157', d: '#343a3f', l: '#aab3b9', a: '#d9824f', B: '#e8e6e1' },
  sage: { m: '#8fa98a', d: '#6b8768', l: '#cfdecb', a: '#d79a5b', B: '#e9efe3' },
  clay: { m: '#c47a54', d: '#9d5938', l: '#efc9ad', a: '#5e8a80', B: '#f6e7db' },
  coral: { m: '#e0745c', d: '#b95542', l: '#f6c3b3', a: '#4d8fa0', B: '#fbe8e0' },
  steel: { m: '#7f929e', d: '#5d707c', l: '#cbd6dc', a: '#d99a4e', B: '#e7edf0' },
  walnut: { m: '#8f6546', d: '#6b482f', l: '#dcbf9f', a: '#5f8f7c', B: '#f1e7da' },
  sand: { m: '#d9bd8b', d: '#b89762', l: '#f1e3c6', a: '#6d93a5', B: '#f7efdf' },
  teal: { m: '#3d8f8f', d: '#2a6c6e', l: '#a8d6d2', a: '#e58f5c', B: '#dff0ed' },
  mustard: { m: '#dba63c', d: '#b07f22', l: '#f5dc9f', a: '#4e7f93', B: '#faf0d8' },
  sky: { m: '#74aed0', d: '#4d86aa', l: '#cbe3f0', a: '#e79a63', B: '#e4f1f8' },
  forest: { m: '#44705a', d: '#2f5342', l: '#aecdba', a: '#dca24c', B: '#e2eee5' },
  rose: { m: '#d59aa0', d: '#b17079', l: '#f2d5d6', a: '#6b9a92', B: '#faecec' },
  cream: { m: '#f0e4cc', d: '#cdb993', l: '#fff8ea', a: '#c9784f', B: '#e6ddcb' },
  plum: { m: '#83608f', d: '#63456e', l: '#d5c1dc', a: '#dba552', B: '#eee6f1' },
}

const names = Object.keys(named)

/** The palette that a product's tags name, or one that its id chooses. */
export function paletteFor(tags: readonly string[], seed: number): Palette {
  const tag = tags.find((candidate) => candidate in named) ?? names[seed % names.length]
  const palette = tag === undefined ? undefined : named[tag]
  if (!palette) throw new Error(`No palette for the tags ${tags.join(', ')}: add a colour such as ${names[0]}`)
  return palette
}
