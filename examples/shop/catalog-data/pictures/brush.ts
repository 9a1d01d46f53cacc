/**
 * The few strokes that the pictures are made of. The canvas is 200 × 200, things stand on the line y = 160, and a
 * colour is one letter: the palette of the product, or a material that is the same everywhere.
 */
export const materials = {
  /** white porcelain */ w: '#fffaf0',
  /** paper */ t: '#f3e9d6',
  /** ink and black rubber */ k: '#2c3135',
  /** bright steel */ y: '#ced5d8',
  /** dark steel */ Y: '#8c989e',
  /** oak */ o: '#cfa26c',
  /** walnut */ O: '#94673d',
  /** leaf green */ n: '#6f9f63',
  /** dark leaf green */ N: '#44704a',
  /** brass */ v: '#dfb04e',
  /** red */ r: '#d6604a',
  /** blue */ b: '#5287ab',
  /** highlight */ h: '#ffffff55',
  /** shade */ z: '#00000022',
  /** glass */ g: '#cfe6ea99',
} as const

/** main, dark, light, accent and backdrop of one product's palette. */
export interface Palette {
  m: string
  d: string
  l: string
  a: string
  B: string
}

export type Colour = keyof typeof materials | Exclude<keyof Palette, 'B'>

/** Draws with the letters of a palette. */
export interface Brush {
  rect: (box: readonly [x: number, y: number, w: number, h: number], rx: number, fill: Colour) => string
  circle: (x: number, y: number, r: number, fill: Colour) => string
  oval: (box: readonly [x: number, y: number, rx: number, ry: number], fill: Colour) => string
  shape: (d: string, fill: Colour) => string
  line: (d: string, stroke: Colour, width: number) => string
}

export function createBrush(palette: Palette): Brush {
  const colours: Record<Colour, string> = { ...materials, ...palette }
  return {
    rect: ([x, y, w, h], rx, fill) =>
      `<rect x="${x}" y="${y}" width="${w}" height="${h}"${rx ? ` rx="${rx}"` : ''} fill="${colours[fill]}"/>`,
    circle: (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${colours[fill]}"/>`,
    oval: ([x, y, rx, ry], fill) => `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${colours[fill]}"/>`,
    shape: (d, fill) => `<path d="${d}" fill="${colours[fill]}"/>`,
    line: (d, stroke, width) =>
      `<path d="${d}" fill="none" stroke="${colours[stroke]}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`,
  }
}

/** Draws one kind of thing. `nth` counts the products of that kind, so that two need not look the same. */
export type Motif = (brush: Brush, nth: number) => string[]

export type Motifs = Record<string, Motif>
