import { bath } from './bath.ts'
import { bookAbout, books } from './books.ts'
import { createBrush, type Motif, type Motifs, type Palette } from './brush.ts'
import { electronics } from './electronics.ts'
import { garden } from './garden.ts'
import { home } from './home.ts'
import { kitchen } from './kitchen.ts'
import { office } from './office.ts'
import { outdoor } from './outdoor.ts'
import { paletteFor } from './palettes.ts'
import { pets } from './pets.ts'
import { sports } from './sports.ts'
import { tools } from './tools.ts'
import { toys } from './toys.ts'

const motifs: Motifs = {
  ...kitchen,
  ...home,
  ...garden,
  ...office,
  ...outdoor,
  ...sports,
  ...toys,
  ...books,
  ...electronics,
  ...pets,
  ...bath,
  ...tools,
}

/** What a picture is drawn from. The first tag names the motif, another the colour. */
export interface Pictured {
  id: string
  tags: readonly string[]
}

/** The picture of a product: the same one every time. `nth` counts the products with the same motif. */
export function drawProduct(product: Pictured, nth: number): string {
  const seed = hash(product.id)
  const palette = paletteFor(product.tags, seed)
  const art = motifFor(product)(createBrush(palette), nth).join('')
  return svg('0 0 200 200', `${backdrop(palette, seed)}${ground(palette)}${art}`)
}

/** A landscape picture of three things, for a category. */
export function drawCategory(products: readonly Pictured[]): string {
  const [first, second, third] = products
  if (!first || !second || !third) throw new Error('A category picture needs three products')
  const backPalette = paletteFor(first.tags, 0)
  const placed = (product: Pictured, transform: string): string => {
    const palette = paletteFor(product.tags, hash(product.id))
    const shadow = '<ellipse cx="100" cy="162" rx="62" ry="6" fill="#00000018"/>'
    return `<g transform="${transform}">${shadow}${motifFor(product)(createBrush(palette), 0).join('')}</g>`
  }
  const scene = [
    `<path fill="${backPalette.B}" d="M0 0h400v300H0z"/><circle cx="205" cy="150" r="128" fill="#ffffff66"/>`,
    `<path fill="#00000009" d="M0 236h400v64H0z"/>`,
    placed(second, 'translate(22 98) scale(.86)'),
    placed(third, 'translate(212 104) scale(.84)'),
    placed(first, 'translate(98 74) scale(1.04)'),
  ]
  return svg('0 0 400 300', scene.join(''))
}

function motifFor(product: Pictured): Motif {
  const [kind = '', ...rest] = product.tags
  if (kind === 'book') return bookAbout(rest[1] ?? '')
  const motif = motifs[kind]
  if (!motif) throw new Error(`${product.id}: no motif is called “${kind}”; the first tag must name one`)
  return motif
}

function backdrop({ B, l }: Palette, seed: number): string {
  const tint = `fill="${l}" fill-opacity=".5"`
  const shapes = [
    `<circle cx="${86 + (seed % 30)}" cy="96" r="74" ${tint}/>`,
    `<path d="M36 162V98a64 64 0 0 1 128 0v64z" ${tint}/>`,
    `<path d="M0 0h200v${70 + (seed % 30)}L0 ${140 - (seed % 30)}z" ${tint}/>`,
    `<circle cx="150" cy="52" r="34" fill="#ffffff" fill-opacity=".55"/>`,
  ]
  return `<path fill="${B}" d="M0 0h200v200H0z"/>${shapes[(seed >>> 3) % shapes.length]}`
}

function ground({ d }: Palette): string {
  return `<path fill="${d}" fill-opacity=".13" d="M0 160h200v40H0z"/><ellipse cx="100" cy="163" rx="76" ry="6" fill="#000000" fill-opacity=".14"/>`
}

function svg(viewBox: string, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}">${content}</svg>\n`
}

function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return value
}
